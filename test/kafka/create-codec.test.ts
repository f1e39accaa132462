import test from 'ava'
import { COMPRESSION_LEVELS_MAX, createCodec } from '../../src/kafka/create-codec.ts'
import { lines } from '../helpers/kafka-codec.ts'

const LIMIT = 10_000_000
const text = lines(3000)

for (const compression of ['gzip', 'zstd'] as const) {
  test(`every level of ${compression} is read, and the last packs smaller than the first`, async t => {
    const reader = createCodec(compression)
    const sizes: number[] = []
    for (let level = 1; level <= COMPRESSION_LEVELS_MAX[compression]!; level++) {
      const packed = await createCodec(compression, level).compress(text)
      t.deepEqual(await reader.decompress(packed, LIMIT), text)
      sizes.push(packed.length)
    }
    t.true(sizes.at(-1)! < sizes[0]!, String(sizes))
  })
}

for (const compression of ['gzip', 'snappy', 'lz4', 'zstd'] as const) {
  test(`${compression} without a level`, async t => {
    const codec = createCodec(compression)
    const packed = await codec.compress(text)
    t.true(packed.length < text.length)
    t.deepEqual(await codec.decompress(packed, LIMIT), text)
  })
}
