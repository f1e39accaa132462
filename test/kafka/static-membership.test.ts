import test, { type ExecutionContext } from 'ava'
import type { Kafka } from 'kafkajs'
import { type Assignment, KafkaConsumer } from '../../src/kafka/consumer.ts'
import { instanceOwner } from '../../src/kafka/instance-owner.ts'
import { isFenced, isInstanceFenced } from '../../src/kafka/kafka-errors.ts'
import { membershipError, withStaticMember } from '../../src/kafka/static-membership.ts'
import type { PipelineError } from '../../src/plugin/pipeline-error.ts'
import { kafkaClient, kafkaTest, uniqueName } from '../helpers/kafka-broker.ts'
import { sendValues } from '../helpers/kafka-topic.ts'
import { until } from '../helpers/until.ts'

interface Group {
  readonly brokers: string
  readonly groupId: string
  readonly topics: readonly string[]
}

interface Member {
  readonly consumer: KafkaConsumer
  readonly assignments: Assignment[]
  /** Values, from the begin of each partition at each assignment. */
  readonly values: string[]
  /** What the run rejected with. */
  readonly ended: Promise<unknown>
  /** Its partitions by now, such as "topic/0". */
  partitions(): string[]
}

function join(
  t: ExecutionContext,
  { brokers, groupId, topics }: Group,
  instanceId?: string,
  heartbeatIntervalMs = 300,
): Member {
  const consumer = new KafkaConsumer({
    kafka: kafkaClient(brokers),
    groupId,
    instanceId,
    topics,
    strategies: ['range'],
    sessionTimeoutMs: 120_000,
    heartbeatIntervalMs,
    rebalanceTimeoutMs: 60_000,
    fetchBytesMin: 1,
    fetchBytesMax: 1024 * 1024,
    partitionFetchBytesMax: 1024 * 1024,
    fetchWaitMsMax: 50,
    metadataMaxAgeMs: 60_000,
    rackId: '',
  })
  const assignments: Assignment[] = []
  const values: string[] = []
  const ended = consumer
    .run({
      assigned: assignment => {
        assignments.push(assignment)
        for (const partition of assignment.partitions) {
          consumer.seek(partition, 0)
          consumer.resume(partition)
        }
      },
      fetched: ({ messages }) => values.push(...messages.map(({ value }) => String(value))),
      skipped: () => {},
    })
    .catch((error: unknown) => error)
  t.teardown(() => consumer.close())
  const partitions = (): string[] =>
    (assignments.at(-1)?.partitions ?? []).map(({ topic, partition }) => `${topic}/${partition}`)
  return { consumer, assignments, values, ended, partitions }
}

/** Members a and b with one partition each. */
async function pair(t: ExecutionContext, group: Group): Promise<[a: Member, b: Member]> {
  const a = join(t, group, 'a')
  await until(() => a.partitions().length === 2)
  const b = join(t, group, 'b')
  await until(() => a.partitions().length === 1 && b.partitions().length === 1)
  return [a, b]
}

kafkaTest(
  'a member that comes back has its partitions again, and no other one notices',
  async (t, broker) => {
    const topic = await broker.createTopic({ partitions: 2 })
    const group = { brokers: broker.brokers, groupId: uniqueName('group'), topics: [topic] }
    const [a, b] = await pair(t, group)
    const had = b.assignments.length
    await a.consumer.close()
    t.is(await a.ended, undefined)
    const owner = await instanceOwner(kafkaClient(broker.brokers), group.groupId, 'a')
    t.deepEqual(owner?.assignment, { [topic]: [0] }, 'it has not left')

    const again = join(t, group, 'a')
    await until(() => again.assignments.length > 0)
    t.deepEqual(again.partitions(), a.partitions())
    // The broker takes it for the generation of before: there has been no other.
    const [partition] = b.assignments.at(-1)!.partitions
    await b.consumer.commit(b.assignments.at(-1)!, partition!, 0, '')
    await again.consumer.commit(again.assignments[0]!, again.assignments[0]!.partitions[0]!, 0, '')
    t.is(b.assignments.length, had)
    t.is(again.assignments.length, 1)
  },
)

kafkaTest('a member without an id leaves when it is closed', async (t, broker) => {
  const topic = await broker.createTopic()
  const group = { brokers: broker.brokers, groupId: uniqueName('group'), topics: [topic] }
  const member = join(t, group)
  await until(() => member.assignments.length > 0)
  await member.consumer.close()
  const { groups } = await broker.admin.describeGroups([group.groupId])
  t.deepEqual(groups[0]!.members, [])
})

kafkaTest('of two processes with one id the later one stays', async (t, broker) => {
  const topic = await broker.createTopic()
  const group = { brokers: broker.brokers, groupId: uniqueName('group'), topics: [topic] }
  const first = join(t, group, 'a')
  await until(() => first.assignments.length > 0)
  const second = join(t, group, 'a')
  const error = (await first.ended) as PipelineError
  t.true(isInstanceFenced(error))
  t.true(error.retryable)
  t.regex(error.message, /another process has joined group .* with group_instance_id "a": give/)
  t.true(first.assignments[0]!.signal.aborted)
  await until(() => second.assignments.length > 0)
  t.false(second.assignments[0]!.signal.aborted)
})

kafkaTest(
  'one that has not heard of its successor yet cannot commit, and hears of it then',
  async (t, broker) => {
    const topic = await broker.createTopic()
    const group = { brokers: broker.brokers, groupId: uniqueName('group'), topics: [topic] }
    await sendValues(broker, topic, ['x'])
    const first = join(t, group, 'a', 100_000)
    // So that commits go the way they usually do.
    await until(() => first.values.length > 0)
    const [assignment] = first.assignments
    const partition = { topic, partition: 0 }
    await first.consumer.commit(assignment!, partition, 1, 'first')
    const second = join(t, group, 'a')
    await until(() => second.assignments.length > 0)
    t.false(assignment!.signal.aborted)
    const refused = first.consumer.commit(assignment!, partition, 0, 'too late')
    const error = (await t.throwsAsync(refused)) as PipelineError
    t.true(isFenced(error) && isInstanceFenced(error))
    t.true(assignment!.signal.aborted)
    t.like((await second.consumer.committed([partition]))[0], { offset: 1, metadata: 'first' })
    await second.consumer.commit(second.assignments[0]!, partition, 1, 'second')
    t.like((await second.consumer.committed([partition]))[0], { offset: 1, metadata: 'second' })
  },
)

kafkaTest('a topic more, or less, after a restart is heeded', async (t, broker) => {
  const topic = await broker.createTopic({ partitions: 2 })
  const other = await broker.createTopic({ partitions: 2 })
  const group = { brokers: broker.brokers, groupId: uniqueName('group'), topics: [topic] }
  const restart = async (members: readonly Member[], topics: string[]): Promise<Member[]> => {
    for (const { consumer } of members) await consumer.close()
    const changed = { ...group, topics }
    const next = ['a', 'b'].map(id => join(t, changed, id))
    const wanted = topics.flatMap(name => [`${name}/0`, `${name}/1`]).sort()
    await until(() => {
      const shared = next.flatMap(member => member.partitions()).sort()
      return JSON.stringify(shared) === JSON.stringify(wanted)
    })
    return next
  }
  const both = await restart(await pair(t, group), [topic, other])
  await restart(both, [other])
  t.pass()
})

test('brokers that are too old are told, not joined without the id', t => {
  const broker = {
    versions: { 11: { maxVersion: 4 } },
    lookupRequest: (apiKey: number) => () => apiKey,
    syncGroup: () => {},
  }
  const cluster = { brokerPool: { createBroker: () => broker } }
  const kafka = { [Symbol('private:Kafka:createCluster')]: () => cluster } as unknown as Kafka
  const client = withStaticMember(kafka, { instanceId: 'a', onFenced: () => {} })
  const [create] = Object.getOwnPropertySymbols(client)
  ;(client as unknown as Record<symbol, () => void>)[create!]!()
  cluster.brokerPool.createBroker()
  t.throws(() => broker.lookupRequest(11), { message: /needs brokers of Kafka 2.4/ })
  // What is no request of a member stays as it is.
  t.is(broker.lookupRequest(3)(), 3)
})

test('another end of a membership keeps its own words', t => {
  const error = membershipError(new Error('gone'), { groupId: 'g', instanceId: 'a' })
  t.is(error.message, 'group g: gone')
  t.false(isInstanceFenced(error))
})
