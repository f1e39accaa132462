import test from 'ava'
import { CODECS, COMPRESSION_TYPES } from '../../src/kafka/codecs.ts'

test('every compression but none has a codec, under the number that Kafka gives it', async t => {
  t.deepEqual(COMPRESSION_TYPES, { none: 0, gzip: 1, snappy: 2, lz4: 3, zstd: 4 })
  t.deepEqual(
    [...CODECS.keys()].toSorted((a, b) => a - b),
    [1, 2, 3, 4],
  )
  const text = Buffer.from('the same, '.repeat(100))
  for (const codec of CODECS.values()) {
    const packed = await codec.compress(text)
    t.true(packed.length < text.length)
    t.deepEqual(await codec.decompress(packed, 1_000_000), text)
  }
})
