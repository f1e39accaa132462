import test from 'ava'
import {
  createCluster,
  type KafkaBroker,
  type KafkaRequest,
} from '../../src/kafka/kafkajs-cluster.ts'
import { fetchStableOffsets } from '../../src/kafka/stable-offsets.ts'
import { kafkaClient, kafkaTest, uniqueName } from '../helpers/kafka-broker.ts'

type CommittingBroker = KafkaBroker & { offsetCommit(request: object): Promise<unknown> }

kafkaTest('the offsets and metadata of a group are read', async (t, broker) => {
  const topic = await broker.createTopic({ partitions: 2 })
  const groupId = uniqueName('group')
  const metadata = 'note '.repeat(800)
  const cluster = createCluster(kafkaClient(broker.brokers), {
    allowAutoTopicCreation: false,
    metadataMaxAge: 60_000,
  })
  t.teardown(() => cluster.disconnect())
  await cluster.connect()
  await cluster.addMultipleTargetTopics([topic])
  const coordinator = await cluster.findGroupCoordinator({ groupId, coordinatorType: 0 })
  const partitions = [0, 1].map(partition => ({ partition, offset: '5000000000', metadata }))
  const topics = [{ topic, partitions }]
  const outsideOfGroups = { groupGenerationId: -1, memberId: '' }
  await (coordinator as CommittingBroker).offsetCommit({ groupId, ...outsideOfGroups, topics })
  const offsets = await fetchStableOffsets(coordinator, groupId)
  t.is(offsets[0]!.partition + offsets[1]!.partition, 1)
  for (const one of offsets) t.like(one, { topic, offset: 5_000_000_000n, metadata })
  t.deepEqual(await fetchStableOffsets(coordinator, uniqueName('group')), [])
})

/** Answers with these bytes. */
function brokerWith(payload: Buffer): KafkaBroker {
  const send = async ({ response }: KafkaRequest): Promise<unknown> =>
    await response.parse(await response.decode(payload))
  return { connectionPool: { send } } as unknown as KafkaBroker
}

test('an error of a partition, or of the group, is thrown', async t => {
  const start = Buffer.from([0, 0, 0, 0, 0, 2, 2, 0x61, 2])
  const partition = Buffer.alloc(4 + 8 + 4)
  const ofPartition = Buffer.concat([start, partition, Buffer.from([1, 0, 88, 0, 0, 0, 0, 0])])
  await t.throwsAsync(fetchStableOffsets(brokerWith(ofPartition), 'g'), { message: /unstable/ })
  const ofGroup = Buffer.from([0, 0, 0, 0, 0, 1, 0, 16, 0])
  await t.throwsAsync(fetchStableOffsets(brokerWith(ofGroup), 'g'), { message: /coordinator/ })
})

test('an answer that ends too early is an error, and no endless loop', async t => {
  for (const bytes of [
    [],
    [0, 0, 0],
    [0, 0, 0, 0, 0, 255, 255, 255, 255, 255, 255],
    [0, 0, 0, 0, 0, 2, 90],
  ]) {
    await t.throwsAsync(fetchStableOffsets(brokerWith(Buffer.from(bytes)), 'g'), {
      instanceOf: RangeError,
    })
  }
})
