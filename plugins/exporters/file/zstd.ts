import { promisify } from 'node:util'
import zlib from 'node:zlib'

type Compress = (bytes: Buffer) => Promise<Buffer>

/** zlib as newer versions of Node have it: zstd came with 22.15 and 23.8. */
interface ZstdZlib {
  readonly zstdCompress?: (bytes: Buffer, done: (error: Error | null, out: Buffer) => void) => void
}

/** This Node's zstd compressor; undefined when it has none. */
export function zstdCompressor(library: object = zlib): Compress | undefined {
  const { zstdCompress } = library as ZstdZlib
  return zstdCompress && promisify(zstdCompress)
}
