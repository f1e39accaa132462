/** Ours is a list; kafkajs's own encoders have all in one buffer. */
export type RequestBody = { readonly chunks: readonly Buffer[] } | { readonly buffer: Buffer }

export interface FramedRequest {
  readonly correlationId: number
  readonly clientId: string | null
  readonly request: {
    readonly apiKey: number
    readonly apiVersion: number
    encode(): Promise<RequestBody>
  }
}

/**
 * A request as it goes to the socket (request header version 1): its length, what is asked, by whom,
 * and the body, in one allocation. kafkajs copies the body twice, into memory that it clears first.
 */
export async function frameRequest(framed: FramedRequest): Promise<{ readonly buffer: Buffer }> {
  const { correlationId, clientId, request } = framed
  const body = await request.encode()
  const chunks = 'chunks' in body ? body.chunks : [body.buffer]
  const nameBytes = clientId === null ? -1 : Buffer.byteLength(clientId)
  const headBytes = 4 + 2 + 2 + 4 + 2 + Math.max(nameBytes, 0)
  const total = chunks.reduce((sum, { length }) => sum + length, headBytes)
  const out = Buffer.allocUnsafeSlow(total)
  out.writeInt32BE(total - 4, 0)
  out.writeInt16BE(request.apiKey, 4)
  out.writeInt16BE(request.apiVersion, 6)
  out.writeInt32BE(correlationId, 8)
  out.writeInt16BE(nameBytes, 12)
  if (clientId !== null) out.write(clientId, 14)
  let at = headBytes
  for (const chunk of chunks) {
    out.set(chunk, at)
    at += chunk.length
  }
  return { buffer: out }
}
