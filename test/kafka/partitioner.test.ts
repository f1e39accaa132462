import test from 'ava'
import { createPartitioner } from '../../src/kafka/partitioner.ts'

const partitionMetadata = [0, 1, 2].map(partitionId => ({
  partitionErrorCode: 0,
  partitionId,
  leader: partitionId === 1 ? -1 : 5,
  replicas: [],
  isr: [],
}))

test('a message keeps its partition when it is asked for again', t => {
  const choose = createPartitioner()
  for (let i = 0; i < 10; i++) {
    const message = { value: 'x' }
    const first = choose({ topic: 'logs', partitionMetadata, message })
    t.is(choose({ topic: 'logs', partitionMetadata, message }), first)
  }
})

test('without a key the partitions that have a leader take turns', t => {
  const choose = createPartitioner()
  const turns = Array.from({ length: 4 }, () =>
    choose({ topic: 'logs', partitionMetadata, message: { value: 'x' } }),
  )
  t.deepEqual(
    [...new Set(turns)].sort((a, b) => a - b),
    [0, 2],
  )
  t.is(turns[0], turns[2])
})

test("a key goes where Java's clients send it", t => {
  const choose = createPartitioner()
  const keyed = (key: string): number =>
    choose({ topic: 'logs', partitionMetadata, message: { key: Buffer.from(key), value: 'x' } })
  // murmur2 of "foobar" is -790332482 (Kafka's UtilsTest); without the sign, modulo 3.
  t.is(keyed('foobar'), (-790332482 & 0x7fffffff) % 3)
  t.is(keyed('foobar'), keyed('foobar'))
})
