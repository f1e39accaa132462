import { compress, uncompress } from 'snappy'
import type { Codec } from './codec.ts'
import { tooLarge } from './codec.ts'

/*
 * Snappy as Kafka clients write it: Java's in the xerial framing (a header, then blocks of a 4-byte
 * length and raw snappy), others as one raw block. We write raw blocks, which all of them read.
 */

const XERIAL_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00])
/** The magic, a version and the oldest version that can read it. */
const XERIAL_HEADER_BYTES = 16

export const snappyCodec: Codec = {
  compress: bytes => compress(bytes),
  decompress: async (bytes, bytesMax) => {
    const isFramed = bytes.subarray(0, XERIAL_MAGIC.length).equals(XERIAL_MAGIC)
    const blocks = isFramed ? xerialBlocks(bytes) : [bytes]
    const total = blocks.reduce((sum, block) => sum + unpackedLength(block), 0)
    if (total > bytesMax) throw tooLarge('snappy', bytesMax)
    const unpacked: Buffer[] = []
    for (const block of blocks) unpacked.push((await uncompress(block)) as Buffer)
    return unpacked.length === 1 ? unpacked[0]! : Buffer.concat(unpacked)
  },
}

function xerialBlocks(bytes: Buffer): Buffer[] {
  const blocks: Buffer[] = []
  let offset = XERIAL_HEADER_BYTES
  while (offset < bytes.length) {
    if (offset + 4 > bytes.length) throw new Error('snappy: cut short in the length of a block')
    const length = bytes.readUInt32BE(offset)
    const end = offset + 4 + length
    if (end > bytes.length) throw new Error('snappy: a block reaches beyond the end')
    blocks.push(bytes.subarray(offset + 4, end))
    offset = end
  }
  return blocks
}

/** A raw block begins with the length of what it unpacks to, as a varint. */
function unpackedLength(block: Buffer): number {
  let length = 0
  for (let i = 0; i < 5; i++) {
    const byte = block[i]
    if (byte === undefined) break
    length += (byte & 0x7f) * 2 ** (7 * i)
    if (byte < 0x80) return length
  }
  throw new Error('snappy: the length at the begin is damaged')
}
