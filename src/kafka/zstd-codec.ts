import { createRequire } from 'node:module'
import zlib from 'node:zlib'
import * as zstdPackage from '@mongodb-js/zstd'
import { type Codec, tooLarge, zlibCodec } from './codec.ts'

/*
 * zstd by Node itself since 22.15, by a package before. Node bounds what it unpacks; for the package
 * the bound is taken from the frame (RFC 8878): its blocks unpack to 128 KiB at most.
 */

interface ZstdZlib {
  readonly constants?: { readonly ZSTD_c_compressionLevel?: number }
  readonly zstdCompress?: typeof zlib.gzip
  readonly zstdDecompress?: typeof zlib.gunzip
}

const MAGIC = 0xfd2fb528
/** Any of sixteen: the last four bits are free. */
const SKIPPABLE_MAGIC = 0x184d2a50
const BLOCK_BYTES_MAX = 128 * 1024
/** Block types. */
const RAW = 0
const RLE = 1

interface ZstdOptions {
  /** From 1 to 22; absent = zstd's default, 3. */
  readonly level?: number | undefined
  /** node:zlib, as new or as old as it may be. */
  readonly library?: object
}

export function createZstdCodec({ level, library = zlib }: ZstdOptions = {}): Codec {
  const { zstdCompress, zstdDecompress, constants } = library as ZstdZlib
  if (zstdCompress === undefined || zstdDecompress === undefined) return packageCodec(level)
  if (level === undefined) return zlibCodec('zstd', zstdCompress, zstdDecompress)
  const params = { [constants!.ZSTD_c_compressionLevel!]: level }
  // High levels take memory, and a window that readers may refuse, unless they know how little it is.
  const options = ({ length }: Buffer): object => ({ params, pledgedSrcSize: length })
  return zlibCodec('zstd', zstdCompress, zstdDecompress, options)
}

function packageCodec(level: number | undefined): Codec {
  const compress = level === undefined ? zstdPackage.compress : compressAt(level)
  return {
    compress: bytes => compress(bytes),
    decompress: async (bytes, bytesMax) => {
      if (unpackedBytesMax(bytes) > bytesMax) throw tooLarge('zstd', bytesMax)
      return await zstdPackage.decompress(bytes)
    },
  }
}

/** The package's own function takes a level, by its types, and leaves it out (1.2.2). */
function compressAt(level: number): (bytes: Buffer) => Promise<Buffer> {
  const require = createRequire(import.meta.url)
  const bindings = require('@mongodb-js/zstd/bindings.js') as Pick<typeof zstdPackage, 'compress'>
  return bytes => bindings.compress(bytes, level)
}

/** The most that all frames can unpack to. Throws when one is no frame, or cut short. */
function unpackedBytesMax(bytes: Buffer): number {
  let total = 0
  let at = 0
  do {
    const frame = bytes.subarray(at)
    const isSkippable = frame.length >= 8 && frame.readUInt32LE(0) >>> 4 === SKIPPABLE_MAGIC >>> 4
    if (isSkippable) at += 8 + frame.readUInt32LE(4)
    else {
      const { unpackedMax, end } = frameBounds(frame)
      total += unpackedMax
      at += end
    }
  } while (at < bytes.length)
  return total
}

/** The most that the frame at the begin can unpack to, and where it ends. */
function frameBounds(frame: Buffer): { readonly unpackedMax: number; readonly end: number } {
  if (frame.length < 6 || frame.readUInt32LE(0) !== MAGIC) throw new Error('zstd: not a frame')
  const descriptor = frame[4]!
  const isSingleSegment = (descriptor & 0x20) !== 0
  const checksumBytes = (descriptor & 0x04) === 0 ? 0 : 4
  const sizeBytes = [isSingleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6]!
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3]!
  let offset = 5 + (isSingleSegment ? 0 : 1) + dictionaryBytes + sizeBytes
  let unpackedMax = 0
  for (;;) {
    if (offset + 3 > frame.length) throw new Error('zstd: cut short before the last block')
    const header = frame.readUIntLE(offset, 3)
    const type = (header >> 1) & 3
    const size = header >> 3
    unpackedMax += type === RAW || type === RLE ? size : BLOCK_BYTES_MAX
    offset += 3 + (type === RLE ? 1 : size)
    if ((header & 1) === 1) return { unpackedMax, end: offset + checksumBytes }
  }
}
