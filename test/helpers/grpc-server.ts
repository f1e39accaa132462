import http2 from 'node:http2'
import type { AddressInfo } from 'node:net'
import type { ExecutionContext } from 'ava'

/** What the server heard: one call. */
export interface HeardCall {
  readonly headers: http2.IncomingHttpHeaders
  /** The message, without its prefix, as it was sent (maybe compressed). */
  readonly message: Buffer
  readonly compressed: boolean
}

export interface GrpcAnswer {
  readonly status?: number
  readonly statusMessage?: string
  /** `grpc-status-details-bin`, before base64. */
  readonly details?: Buffer
  readonly message?: Buffer
  /** `grpc-encoding` of `message`, which is compressed already. */
  readonly encoding?: string
  /** HTTP status, for proxies that do not speak gRPC. */
  readonly httpStatus?: number
  readonly contentType?: string
}

type Handler = (
  call: HeardCall,
  stream: http2.ServerHttp2Stream,
) => GrpcAnswer | undefined | Promise<GrpcAnswer | undefined>

export interface GrpcTestServer {
  readonly port: number
  readonly calls: HeardCall[]
  readonly sessions: Set<http2.ServerHttp2Session>
  /** Cuts every connection and stops listening. */
  kill(): Promise<void>
}

/**
 * A gRPC server on node:http2 that answers as the test says; `undefined` = no answer, the test
 * deals with the stream itself. With `tls` it is a TLS server. Stopped at the end of the test.
 */
export async function startGrpcServer(
  t: ExecutionContext,
  handler: Handler,
  options: { port?: number; tls?: http2.SecureServerOptions; host?: string } = {},
): Promise<GrpcTestServer> {
  const server = options.tls ? http2.createSecureServer(options.tls) : http2.createServer()
  const sessions = new Set<http2.ServerHttp2Session>()
  const calls: HeardCall[] = []
  server.on('session', session => {
    sessions.add(session)
    session.on('error', () => undefined)
    session.on('close', () => sessions.delete(session))
  })
  server.on('stream', (stream: http2.ServerHttp2Stream, headers) => {
    const chunks: Buffer[] = []
    stream.on('error', () => undefined)
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    stream.on('end', () => {
      const bytes = Buffer.concat(chunks)
      const call = { headers, message: bytes.subarray(5), compressed: bytes[0] === 1 }
      calls.push(call)
      void Promise.resolve(handler(call, stream)).then(given => {
        if (given !== undefined && !stream.destroyed) answer(stream, given)
      })
    })
  })
  await new Promise<void>(resolve => {
    server.listen(options.port ?? 0, options.host ?? '127.0.0.1', resolve)
  })
  const kill = async (): Promise<void> => {
    for (const session of sessions) session.destroy()
    if (server.listening) await new Promise(resolve => server.close(resolve))
  }
  t.teardown(kill)
  return { port: (server.address() as AddressInfo).port, calls, sessions, kill }
}

function answer(stream: http2.ServerHttp2Stream, given: GrpcAnswer): void {
  const { status = 0, statusMessage, details, message } = given
  const trailers = {
    'grpc-status': String(status),
    ...(statusMessage === undefined ? {} : { 'grpc-message': encodeURIComponent(statusMessage) }),
    ...(details === undefined ? {} : { 'grpc-status-details-bin': details.toString('base64') }),
  }
  const head = {
    ':status': given.httpStatus ?? 200,
    'content-type': given.contentType ?? 'application/grpc',
    ...(given.encoding === undefined ? {} : { 'grpc-encoding': given.encoding }),
  }
  if (given.httpStatus !== undefined || given.contentType !== undefined) {
    stream.respond(head)
    stream.end('not gRPC')
    return
  }
  if (message === undefined) {
    stream.respond({ ...head, ...trailers }, { endStream: true })
    return
  }
  const prefix = Buffer.alloc(5)
  prefix[0] = given.encoding === undefined ? 0 : 1
  prefix.writeUInt32BE(message.length, 1)
  stream.respond(head, { waitForTrailers: true })
  stream.on('wantTrailers', () => stream.sendTrailers(trailers))
  stream.end(Buffer.concat([prefix, message]))
}
