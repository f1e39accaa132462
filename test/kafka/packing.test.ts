import test from 'ava'
import { CODECS, COMPRESSION_TYPES } from '../../src/kafka/codecs.ts'
import type { KafkaCompression } from '../../src/kafka/create-codec.ts'
import { packedWith, packingOf } from '../../src/kafka/packing.ts'
import { lines } from '../helpers/kafka-codec.ts'

test('without a level it is the number of Kafka, with the codec that there is', t => {
  for (const [name, number] of Object.entries(COMPRESSION_TYPES)) {
    for (const level of [undefined, 0, -1]) {
      const packing = packingOf(name as KafkaCompression, level)
      t.is(packing, number)
      t.deepEqual(packedWith(packing), { compression: number, codec: CODECS.get(number) })
    }
  }
})

test('with a level it is a codec of its own, and for Kafka the same compression', async t => {
  const text = lines(3000)
  for (const [name, levels] of [
    ['gzip', [1, 9]],
    ['zstd', [1, 19]],
  ] as const) {
    const sizes: number[] = []
    for (const level of levels) {
      const { compression, codec } = packedWith(packingOf(name, level))
      t.is(compression, COMPRESSION_TYPES[name])
      sizes.push((await codec!.compress(text)).length)
    }
    t.true(sizes[1]! < sizes[0]!, String(sizes))
  }
  t.is(packedWith(packingOf('zstd', 19)), packedWith(packingOf('zstd', 19)))
})

test('a compression that there is not is an error', t => {
  t.throws(() => packedWith(7), { message: 'no compression 7' })
})
