import { compressFrame, decompressFrame } from 'lz4-napi'
import { type Codec, tooLarge } from './codec.ts'

/*
 * LZ4 frames (lz4_Frame_format.md). A frame need not say how large it unpacks, but it says the
 * largest size of a block, and the number of its blocks can be counted without unpacking.
 */

const MAGIC = 0x184d2204
/** Bits of FLG, the first byte of the descriptor. */
const BLOCK_CHECKSUM = 0x10
const CONTENT_SIZE = 0x08
const DICTIONARY_ID = 0x01
/** Set on the size of a block that is stored as it is. */
const UNCOMPRESSED = 0x8000_0000

export const lz4Codec: Codec = {
  compress: bytes => compressFrame(bytes),
  decompress: async (bytes, bytesMax) => {
    if (unpackedBytesMax(bytes) > bytesMax) throw tooLarge('lz4', bytesMax)
    return await decompressFrame(bytes)
  },
}

/** The most that a frame can unpack to. Throws when it is no frame, or cut short. */
function unpackedBytesMax(frame: Buffer): number {
  if (frame.length < 11 || frame.readUInt32LE(0) !== MAGIC) throw new Error('lz4: not a frame')
  const flags = frame[4]!
  // Byte 5 holds the size of blocks: 4 = 64 KiB, 5 = 256 KiB, 6 = 1 MiB, 7 = 4 MiB.
  const sizeClass = (frame[5]! >> 4) & 7
  const blockBytesMax = 2 ** (8 + 2 * sizeClass)
  let offset = 7 + (flags & CONTENT_SIZE ? 8 : 0) + (flags & DICTIONARY_ID ? 4 : 0)
  let total = 0
  for (;;) {
    if (offset + 4 > frame.length) throw new Error('lz4: cut short before the end mark')
    const word = frame.readUInt32LE(offset)
    if (word === 0) return total
    const stored = word % UNCOMPRESSED
    total += word >= UNCOMPRESSED ? stored : blockBytesMax
    offset += 4 + stored + (flags & BLOCK_CHECKSUM ? 4 : 0)
  }
}
