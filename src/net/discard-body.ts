import type { IncomingMessage, ServerResponse } from 'node:http'

/** What is still read of a body that nobody wants, so that its connection can be used again. */
const REST_BYTES_MAX = 4 * 1024 ** 2
/** How long a client may go on sending after it has been answered. */
const LINGER_MS = 5000

/**
 * Ends a response, of which the head has been written, before its request has arrived.
 *
 * A connection that is closed while bytes come in is reset, and the reset may overtake the answer:
 * the client would hear of a broken connection instead of a 429. So what comes is read for a while
 * and thrown away. A client that minds the answer stops sending; for one that does not there is a
 * bound in bytes and one in time.
 */
export function endBeforeBody(
  request: IncomingMessage,
  response: ServerResponse,
  body: Buffer | undefined,
): void {
  const { socket } = request
  // With content-length in the head the answer is whole for the client; to end the response would
  // be to close the connection.
  if (response.shouldKeepAlive) response.end(body)
  else if (body !== undefined && body.length > 0) response.write(body)
  else response.flushHeaders()
  let size = 0
  const count = (chunk: Buffer): void => {
    size += chunk.length
    if (size > REST_BYTES_MAX) request.pause()
  }
  const finish = (): void => {
    clearTimeout(timer)
    request.off('data', count).off('end', finish)
    socket.off('close', finish)
    if (!response.writableEnded) response.end()
    else if (!request.complete) socket.destroy()
  }
  const timer = setTimeout(finish, LINGER_MS)
  timer.unref()
  request.on('error', () => {})
  request.on('data', count).on('end', finish)
  socket.on('close', finish)
  request.resume()
}

/**
 * Is the connection better closed than read to the end of the body? Also when the client waits for
 * a `100 Continue`: nobody can tell whether it will send a body after another answer.
 */
export function mustClose({ headers }: IncomingMessage): boolean {
  return headers.expect !== undefined || Number(headers['content-length'] ?? 0) > REST_BYTES_MAX
}

/** Will more of the body come? */
export function isArriving(request: IncomingMessage): boolean {
  const { headers, complete } = request
  const has = headers['transfer-encoding'] !== undefined || Number(headers['content-length']) > 0
  return has && !complete
}
