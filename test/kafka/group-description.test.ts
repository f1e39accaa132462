import test from 'ava'
import { describeGroup } from '../../src/kafka/group-description.ts'
import {
  createCluster,
  GROUP_COORDINATOR,
  type KafkaBroker,
  type KafkaRequest,
} from '../../src/kafka/kafkajs-cluster.ts'
import { kafkaClient, kafkaTest, uniqueName } from '../helpers/kafka-broker.ts'

kafkaTest('a group that nobody has made is dead', async (t, broker) => {
  const cluster = createCluster(kafkaClient(broker.brokers), {
    allowAutoTopicCreation: false,
    metadataMaxAge: 60_000,
  })
  t.teardown(() => cluster.disconnect())
  await cluster.connect()
  await cluster.refreshMetadataIfNecessary()
  const groupId = uniqueName('group')
  const by = { groupId, coordinatorType: GROUP_COORDINATOR } as const
  const description = await describeGroup(await cluster.findGroupCoordinator(by), groupId)
  t.deepEqual(description, { state: 'Dead', members: [] })
})

/** Answers with these bytes. */
function brokerWith(payload: Buffer): KafkaBroker {
  const send = async ({ response }: KafkaRequest): Promise<unknown> =>
    await response.parse(await response.decode(payload))
  return { connectionPool: { send } } as unknown as KafkaBroker
}

const start = [0, 0, 0, 0, 0, 0, 0, 1]

test('an error of the group is thrown', async t => {
  const refused = brokerWith(Buffer.from([...start, 0, 16]))
  await t.throwsAsync(describeGroup(refused, 'g'), { message: /coordinator/ })
})

test('a member without an id, and without partitions yet', async t => {
  const text = (value: string): number[] => [0, value.length, ...Buffer.from(value)]
  const header = [0, 0, ...text('g'), ...text('Stable'), ...text('consumer'), ...text('range')]
  const member = [
    ...text('m'),
    255,
    255,
    ...text('client'),
    ...text('/10.0.0.7'),
    ...Array(8).fill(0),
  ]
  const payload = Buffer.from([...start, ...header, 0, 0, 0, 1, ...member, 128, 0, 0, 0])
  const { state, members } = await describeGroup(brokerWith(payload), 'g')
  t.is(state, 'Stable')
  t.deepEqual(members, [
    { instanceId: undefined, clientId: 'client', clientHost: '/10.0.0.7', assignment: {} },
  ])
})

test('an answer that ends too early is an error', async t => {
  for (const length of [0, 3, 7, 9]) {
    const short = brokerWith(Buffer.from([...start, 0, 0]).subarray(0, length))
    await t.throwsAsync(describeGroup(short, 'g'), { instanceOf: RangeError })
  }
})
