import { promisify } from 'node:util'
import type { gunzip, gzip } from 'node:zlib'

/** One compression of record batches. Both ways reject on damaged input. */
export interface Codec {
  compress(bytes: Buffer): Promise<Buffer>
  /** Rejects, before it has spent the memory, when the result would be over `bytesMax`. */
  decompress(bytes: Buffer, bytesMax: number): Promise<Buffer>
}

/**
 * A codec of node:zlib, which bounds what it makes while it makes it. `packOptions` gives zlib's
 * options for what is to be compressed.
 */
export function zlibCodec(
  name: string,
  pack: typeof gzip,
  unpack: typeof gunzip,
  packOptions: (bytes: Buffer) => object = () => ({}),
): Codec {
  const compress = promisify<Buffer, object, Buffer>(pack)
  const decompress = promisify<Buffer, object, Buffer>(unpack)
  return {
    compress: bytes => compress(bytes, packOptions(bytes)),
    decompress: async (bytes, bytesMax) => {
      try {
        return await decompress(bytes, { maxOutputLength: bytesMax })
      } catch (error) {
        const { code, message } = error as NodeJS.ErrnoException
        if (code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(name, bytesMax)
        throw new Error(`${name}: ${message}`, { cause: error })
      }
    },
  }
}

export function tooLarge(name: string, bytesMax: number): Error {
  return new Error(`${name}: a record batch of over ${bytesMax} bytes unpacked is refused`)
}
