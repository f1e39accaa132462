import test from 'ava'
import { snappyCodec } from '../../src/kafka/snappy-codec.ts'
import { checkCodec } from '../helpers/kafka-codec.ts'

checkCodec('snappy', snappyCodec)

/** As snappy-java's SnappyOutputStream writes it. */
async function xerial(...texts: string[]): Promise<Buffer> {
  const parts: Buffer[] = [
    Buffer.from('82534e4150505900', 'hex'),
    Buffer.from('0000000100000001', 'hex'),
  ]
  for (const text of texts) {
    const block = await snappyCodec.compress(Buffer.from(text))
    const length = Buffer.alloc(4)
    length.writeUInt32BE(block.length)
    parts.push(length, block)
  }
  return Buffer.concat(parts)
}

test("the framing of Java's clients is read", async t => {
  const framed = await xerial('first block, ', 'second block')
  t.is(String(await snappyCodec.decompress(framed, 1000)), 'first block, second block')
})

test('a frame cut short is refused with what is wrong', async t => {
  const framed = await xerial('first block')
  const cut = framed.subarray(0, framed.length - 1)
  await t.throwsAsync(snappyCodec.decompress(cut, 1000), { message: /reaches beyond the end/ })
  const stub = framed.subarray(0, 18)
  await t.throwsAsync(snappyCodec.decompress(stub, 1000), { message: /length of a block/ })
  await t.throwsAsync(snappyCodec.decompress(Buffer.alloc(0), 1000), { message: /is damaged/ })
})

test('blocks that are each small and together too large are refused', async t => {
  const framed = await xerial('x'.repeat(60), 'y'.repeat(60))
  await t.throwsAsync(snappyCodec.decompress(framed, 100), { message: /over 100 bytes/ })
})
