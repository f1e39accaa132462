import test from 'ava'
import type { KafkaCluster, PartitionMetadata } from '../../src/kafka/kafkajs-cluster.ts'
import { groupBy, RecordRouter } from '../../src/kafka/record-routing.ts'

/** A cluster that only knows its topics; real ones are in transactional-producer.test.ts. */
function clusterOf(topics: Readonly<Record<string, PartitionMetadata[]>>): KafkaCluster {
  return {
    addMultipleTargetTopics: async () => undefined,
    refreshMetadataIfNecessary: async () => undefined,
    findTopicPartitionMetadata: (topic: string) => topics[topic] ?? [],
  } as unknown as KafkaCluster
}

const router = new RecordRouter(
  clusterOf({
    a: [
      { partitionId: 0, leader: 7 },
      { partitionId: 1, leader: 8 },
    ],
    b: [{ partitionId: 0, leader: 7 }],
  }),
)

test('records without a key go to the partitions in turn, in order, with their leaders', async t => {
  const shares = await router.route(
    ['0', '1', '2', '3'].map(text => ({ topic: 'a', value: Buffer.from(text) })),
  )
  t.deepEqual(
    shares.map(({ partition, leader }) => leader - partition),
    [7, 7],
  )
  t.deepEqual(
    shares.map(({ messages }) => messages.map(({ value }) => String(value))),
    [
      ['0', '2'],
      ['1', '3'],
    ],
  )
})

test('records of one key stay together, topics apart', async t => {
  const key = Buffer.from('key')
  const record = (topic: string) => ({ topic, key, value: Buffer.from(topic), headers: { h: 'x' } })
  const shares = await router.route([record('a'), record('b'), record('a')])
  t.deepEqual(
    shares.map(({ topic, messages }) => [topic, messages.length]),
    [
      ['a', 2],
      ['b', 1],
    ],
  )
  t.deepEqual(shares[1]!.messages, [{ key, value: Buffer.from('b'), headers: { h: 'x' } }])
})

test('a topic without partitions is refused', async t => {
  await t.throwsAsync(router.route([{ topic: 'c', value: Buffer.from('') }]), {
    message: /not known/,
  })
})

test('groups keep the order of what comes', t => {
  t.deepEqual(
    [...groupBy([3, 1, 5, 2], n => n % 2)],
    [
      [1, [3, 1, 5]],
      [0, [2]],
    ],
  )
})
