import { promisify } from 'node:util'
import * as zlib from 'node:zlib'
import { PipelineError } from '../plugin/pipeline-error.ts'
import { tooLarge } from './read-body.ts'

/*
 * Content-Encoding of requests. The output is bounded while it is being made, so that a gzip bomb
 * costs no more than the limit. Small bodies are unpacked on the spot, which is cheaper than a trip
 * to the thread pool; large ones there, so that the event loop goes on.
 */

export type ContentEncoding = 'gzip' | 'deflate' | 'zlib' | 'zstd'

interface Limits {
  readonly maxOutputLength: number
  readonly chunkSize: number
}
interface Codec {
  readonly now: (bytes: Buffer, limits: Limits) => Buffer
  readonly later: (bytes: Buffer, limits: Limits) => Promise<Buffer>
}

/** Node has zstd from 22.15 and 23.8 on. */
const { zstdDecompress, zstdDecompressSync } = zlib as {
  zstdDecompress?: typeof zlib.gunzip
  zstdDecompressSync?: typeof zlib.gunzipSync
}

const inflate: Codec = { now: zlib.inflateSync, later: promisify(zlib.inflate) }
const inflateRaw: Codec = { now: zlib.inflateRawSync, later: promisify(zlib.inflateRaw) }
const CODECS: Readonly<Partial<Record<ContentEncoding, Codec>>> = {
  gzip: { now: zlib.gunzipSync, later: promisify(zlib.gunzip) },
  deflate: inflate,
  zlib: inflate,
  ...(zstdDecompress === undefined || zstdDecompressSync === undefined
    ? {}
    : { zstd: { now: zstdDecompressSync, later: promisify(zstdDecompress) } }),
}

/** What this Node can unpack, best known first. */
export const CONTENT_ENCODINGS = Object.keys(CODECS) as readonly ContentEncoding[]

const SYNC_INPUT_BYTES_MAX = 64 * 1024
const SYNC_OUTPUT_BYTES_MAX = 1024 * 1024
const CHUNK_BYTES = 256 * 1024

/**
 * Unpacks a body to at most `bytesMax`.
 * @throws PipelineError, permanent: `resource_exhausted` when the output would be larger,
 * `invalid_argument` when the bytes are damaged or cut short.
 */
export async function decompress(
  encoding: ContentEncoding,
  bytes: Buffer,
  bytesMax: number,
): Promise<Buffer> {
  const codec = codecOf(encoding, bytes)
  try {
    if (bytes.length <= SYNC_INPUT_BYTES_MAX) {
      const unpacked = tryNow(codec, encoding, bytes, Math.min(bytesMax, SYNC_OUTPUT_BYTES_MAX))
      if (unpacked !== undefined) return unpacked
    }
    return await codec.later(bytes, { maxOutputLength: bytesMax, chunkSize: CHUNK_BYTES })
  } catch (cause) {
    if (isOverflow(cause)) throw tooLarge(`over ${bytesMax} bytes after ${encoding}`, bytesMax)
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw PipelineError.permanent(`body is not valid ${encoding}: ${reason}`, {
      reason: 'bad_compression',
      cause,
    })
  }
}

/** Undefined when the output is too large to be made on the spot. */
function tryNow(
  codec: Codec,
  encoding: ContentEncoding,
  bytes: Buffer,
  maxOutputLength: number,
): Buffer | undefined {
  try {
    return codec.now(bytes, { maxOutputLength, chunkSize: guessSize(encoding, bytes) })
  } catch (error) {
    if (isOverflow(error)) return undefined
    throw error
  }
}

/** gzip ends with its size; a wrong one only costs a few more chunks. */
function guessSize(encoding: ContentEncoding, bytes: Buffer): number {
  const told =
    encoding === 'gzip' && bytes.length >= 18
      ? bytes.readUInt32LE(bytes.length - 4)
      : bytes.length * 5
  return Math.min(Math.max(told, 1024), SYNC_OUTPUT_BYTES_MAX)
}

/** `deflate` should have a zlib header (RFC 9110), but some clients send it without. */
function codecOf(encoding: ContentEncoding, bytes: Buffer): Codec {
  const isRaw =
    encoding === 'deflate' &&
    bytes.length >= 2 &&
    ((bytes[0]! & 0x0f) !== 8 || bytes.readUInt16BE(0) % 31 !== 0)
  return isRaw ? inflateRaw : CODECS[encoding]!
}

function isOverflow(error: unknown): boolean {
  return (error as NodeJS.ErrnoException | undefined)?.code === 'ERR_BUFFER_TOO_LARGE'
}
