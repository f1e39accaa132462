import { promisify } from 'node:util'
import zlib from 'node:zlib'

/** What a request may be compressed with; the names are HTTP's content codings. */
export type Compression = 'none' | 'gzip' | 'deflate' | 'zstd'

/** Below this the thread pool costs more than it saves. */
const SYNC_BYTES_MAX = 16 * 1024

/** Node has zstd since 22.15; its types for Node 20 do not know it. */
interface Zstd {
  readonly zstdCompressSync?: (bytes: Buffer, options: object) => Buffer
  readonly zstdCompress?: (
    bytes: Buffer,
    options: object,
    done: (error: Error | null, result: Buffer) => void,
  ) => void
  readonly constants: { readonly ZSTD_c_compressionLevel?: number }
}
const zstd = zlib as unknown as Zstd

const gzipAsync = promisify<Buffer, zlib.ZlibOptions, Buffer>(zlib.gzip)
const deflateAsync = promisify<Buffer, zlib.ZlibOptions, Buffer>(zlib.deflate)

/** Can this Node compress with `compression`? */
export function canCompress(compression: Compression): boolean {
  return compression !== 'zstd' || zstd.zstdCompress !== undefined
}

/**
 * Compresses a whole message; `level` is the algorithm's own. Large ones are done on Node's thread
 * pool. With `none` the bytes come back as they are.
 */
export async function compress(
  bytes: Buffer,
  compression: Compression,
  level: number,
): Promise<Buffer> {
  if (compression === 'none') return bytes
  if (compression === 'zstd') return compressZstd(bytes, level)
  // One output chunk for nearly every message: joining many small ones is a cost of its own.
  const options = { level, chunkSize: Math.max(1024, Math.ceil(bytes.length / 2)) }
  const small = bytes.length <= SYNC_BYTES_MAX
  if (compression === 'gzip') {
    return small ? zlib.gzipSync(bytes, options) : gzipAsync(bytes, options)
  }
  return small ? zlib.deflateSync(bytes, options) : deflateAsync(bytes, options)
}

async function compressZstd(bytes: Buffer, level: number): Promise<Buffer> {
  const { zstdCompress, zstdCompressSync, constants } = zstd
  if (zstdCompress === undefined || zstdCompressSync === undefined) {
    throw new Error(`zstd needs Node 22.15 or newer, this is ${process.version}`)
  }
  const params = { [constants.ZSTD_c_compressionLevel!]: level }
  if (bytes.length <= SYNC_BYTES_MAX) return zstdCompressSync(bytes, { params })
  return promisify(zstdCompress)(bytes, { params })
}
