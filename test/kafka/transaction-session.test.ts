import test, { type ExecutionContext } from 'ava'
import {
  createCluster,
  type KafkaBroker,
  type KafkaCluster,
  TRANSACTION_COORDINATOR,
} from '../../src/kafka/kafkajs-cluster.ts'
import { TransactionSession } from '../../src/kafka/transaction-session.ts'
import { kafkaClient, kafkaTest, uniqueName } from '../helpers/kafka-broker.ts'
import { readCommitted } from '../helpers/kafka-topic.ts'

interface Opening {
  readonly brokers: string
  readonly topic: string
  readonly transactionalId: string
}

async function opened(
  t: ExecutionContext,
  { brokers, topic, transactionalId }: Opening,
): Promise<{ session: TransactionSession; cluster: KafkaCluster }> {
  const options = { allowAutoTopicCreation: false, metadataMaxAge: 60_000 }
  const cluster = createCluster(kafkaClient(brokers), options)
  t.teardown(() => cluster.disconnect())
  const limits = { namesMax: 3, compression: 'none', timeoutMs: 5000 } as const
  const common = { cluster, transactionalId, noteTopic: topic, ...limits }
  return { session: await TransactionSession.open(common), cluster }
}

function record(topic: string, text: string): [{ topic: string; value: Buffer }] {
  return [{ topic, value: Buffer.from(text) }]
}

kafkaTest('messages and note become valid together, and only then', async (t, broker) => {
  const topic = await broker.createTopic()
  const opening = { brokers: broker.brokers, topic, transactionalId: uniqueName('tx') }
  const { session } = await opened(t, opening)
  for (const name of ['a', 'b', 'c', 'd']) {
    await session.commit(name.repeat(16), async send => send(record(topic, name)))
  }
  const wrong = session.commit('e'.repeat(16), async send => {
    await send(record(topic, 'e'))
    throw new Error('not these')
  })
  await t.throwsAsync(wrong, { message: 'not these' })
  t.false(session.mayBeCommitted)
  await session.abort()
  const { session: next } = await opened(t, opening)
  t.deepEqual(
    next.names,
    ['b', 'c', 'd'].map(name => name.repeat(16)),
  )
  const messages = await readCommitted(t, broker, topic)
  t.is(messages.map(({ value }) => String(value)).join(''), 'abcd')
})

kafkaTest('a request that comes after the end of its transaction is refused', async (t, broker) => {
  const topic = await broker.createTopic()
  const transactionalId = uniqueName('tx')
  const { session, cluster } = await opened(t, { brokers: broker.brokers, topic, transactionalId })
  const leader = await cluster.findBroker({
    nodeId: cluster.findTopicPartitionMetadata(topic)[0]!.leader,
  })
  const produce = leader.produce.bind(leader)
  let late: (() => Promise<unknown>) | undefined
  // Lost on its way for now, after one that has come.
  leader.produce = async request => {
    if (late === undefined && request.topicData[0]!.partitions[0]!.firstSequence > 0) {
      late = () => produce(request)
      throw new Error('lost')
    }
    return await produce(request)
  }
  const lost = session.commit('a'.repeat(16), async send => {
    await send(record(topic, 'a'))
    await send(record(topic, 'b'))
  })
  await t.throwsAsync(lost, { message: 'lost' })
  await session.abort()
  const options = { brokers: broker.brokers, topic, transactionalId }
  const { session: next } = await opened(t, options)
  await t.throwsAsync(late!(), { message: /epoch/ })
  await next.commit('a'.repeat(16), async send => send(record(topic, 'c')))
  const messages = await readCommitted(t, broker, topic)
  t.is(messages.map(({ value }) => String(value)).join(''), 'c')
})

test('a broker that knows no transactions is named as such', async t => {
  const old = { versions: { 9: { maxVersion: 5 } } } as unknown as KafkaBroker
  const cluster = {
    connect: async () => undefined,
    addMultipleTargetTopics: async () => undefined,
    findGroupCoordinator: async ({ coordinatorType }: { coordinatorType: number }) => {
      t.is(coordinatorType, TRANSACTION_COORDINATOR)
      return old
    },
  } as unknown as KafkaCluster
  const limits = { namesMax: 3, compression: 'none', timeoutMs: 5000 } as const
  const opening = TransactionSession.open({
    cluster,
    transactionalId: 'x',
    noteTopic: 'logs',
    ...limits,
  })
  await t.throwsAsync(opening, { message: /needs Kafka 2\.5 or newer/ })
})
