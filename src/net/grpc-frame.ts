import * as zlib from 'node:zlib'

/** A compressed flag and a length, in front of every gRPC message. */
export const PREFIX_BYTES = 5

type Unpack = (bytes: Buffer, limit: { readonly maxOutputLength: number }) => Buffer

/** Node has zstd since 22.15; its types for Node 20 do not know it. */
const { zstdDecompressSync } = zlib as { readonly zstdDecompressSync?: Unpack }
const CODECS: Readonly<Record<string, Unpack | undefined>> = {
  gzip: zlib.gunzipSync,
  deflate: zlib.inflateSync,
  zstd: zstdDecompressSync,
}

/**
 * The message in `bytes`, a whole response body, unpacked to at most `bytesMax` bytes. `encoding`
 * is the response's `grpc-encoding`: servers in Go answer a compressed request with a compressed
 * response, whatever the client said it accepts.
 * @throws an Error that says what is wrong with the response.
 */
export function readUnaryMessage(
  bytes: Buffer,
  encoding: string | undefined,
  bytesMax: number,
): Buffer {
  if (bytes.length < PREFIX_BYTES) throw new Error('the response has no message')
  const length = bytes.readUInt32BE(1)
  const message = bytes.subarray(PREFIX_BYTES)
  if (length !== message.length) {
    throw new Error(`the response message has ${message.length} bytes, its prefix says ${length}`)
  }
  return bytes[0] === 0 || length === 0 ? message : unpack(message, encoding, bytesMax)
}

/** On the spot: responses are a few bytes, and bounded. */
function unpack(message: Buffer, encoding: string | undefined, bytesMax: number): Buffer {
  const codec = encoding === undefined ? undefined : CODECS[encoding]
  if (codec === undefined) {
    const how = encoding === undefined ? 'without grpc-encoding' : `with "${encoding.slice(0, 50)}"`
    throw new Error(`the response is compressed ${how}: only ${supported()} can be read`)
  }
  try {
    return codec(message, { maxOutputLength: bytesMax })
  } catch (cause) {
    const isLarge = (cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE'
    const why = isLarge ? `is larger than ${bytesMax} bytes` : `is not valid ${encoding}`
    throw new Error(`the response ${why}`, { cause })
  }
}

function supported(): string {
  const names = Object.keys(CODECS).filter(name => CODECS[name] !== undefined)
  return names.join(', ')
}
