import test, { type ExecutionContext } from 'ava'
import {
  type Assignment,
  type FetchedMessages,
  KafkaConsumer,
  type SkippedOffsets,
} from '../../src/kafka/consumer.ts'
import { isFenced } from '../../src/kafka/kafka-errors.ts'
import { kafkajs } from '../../src/kafka/kafkajs.ts'
import { PipelineError } from '../../src/plugin/pipeline-error.ts'
import { kafkaTest, uniqueName } from '../helpers/kafka-broker.ts'
import { sendInTransaction, sendValues } from '../helpers/kafka-topic.ts'
import { until } from '../helpers/until.ts'

/** A member of a group that reads everything from what is committed, and what happened to it. */
interface Member {
  readonly consumer: KafkaConsumer
  readonly assignments: Assignment[]
  readonly fetched: FetchedMessages[]
  readonly skipped: SkippedOffsets[]
  readonly ended: Promise<unknown>
}

function consumerFor(
  brokers: string,
  groupId: string,
  topics: readonly (string | RegExp)[],
): KafkaConsumer {
  return new KafkaConsumer({
    kafka: new kafkajs.Kafka({ brokers: [brokers], logLevel: kafkajs.logLevel.NOTHING }),
    groupId,
    topics,
    strategies: ['range'],
    sessionTimeoutMs: 6000,
    heartbeatIntervalMs: 300,
    rebalanceTimeoutMs: 6000,
    fetchBytesMin: 1,
    fetchBytesMax: 1024 * 1024,
    partitionFetchBytesMax: 1024 * 1024,
    fetchWaitMsMax: 50,
    metadataMaxAgeMs: 60_000,
    rackId: '',
  })
}

function join(
  t: ExecutionContext,
  brokers: string,
  groupId: string,
  topics: readonly (string | RegExp)[],
): Member {
  const consumer = consumerFor(brokers, groupId, topics)
  const assignments: Assignment[] = []
  const fetched: FetchedMessages[] = []
  const skipped: SkippedOffsets[] = []
  const start = async (assignment: Assignment): Promise<void> => {
    for (const partition of await consumer.committed(assignment.partitions)) {
      if (assignment.signal.aborted) return
      consumer.seek(partition, partition.offset ?? partition.low)
      consumer.resume(partition)
    }
  }
  const ended = consumer
    .run({
      assigned: assignment => {
        assignments.push(assignment)
        start(assignment).catch((error: unknown) => t.log(String(error)))
      },
      fetched: messages => fetched.push(messages),
      skipped: offsets => skipped.push(offsets),
    })
    .catch((error: unknown) => error)
  t.teardown(() => consumer.close())
  return { consumer, assignments, fetched, skipped, ended }
}

function valuesOf({ fetched }: Member): string[] {
  return fetched.flatMap(({ messages }) => messages.map(({ value }) => String(value)))
}

kafkaTest('reads on from what was committed, with its metadata', async (t, broker) => {
  const topic = await broker.createTopic()
  const group = uniqueName('group')
  await sendValues(broker, topic, ['a', 'b', 'c', 'd'])
  const first = join(t, broker.brokers, group, [topic])
  await until(() => valuesOf(first).length === 4)
  const partition = { topic, partition: 0 }
  await first.consumer.commit(first.assignments[0]!, partition, 2, '{"e":4}')
  await first.consumer.close()
  t.is(await first.ended, undefined)

  const second = join(t, broker.brokers, group, [topic])
  await until(() => valuesOf(second).length === 2)
  t.deepEqual(valuesOf(second), ['c', 'd'])
  const [committed] = await second.consumer.committed([partition])
  t.deepEqual(committed, { topic, partition: 0, offset: 2, metadata: '{"e":4}', low: 0, high: 4 })
})

kafkaTest('seek goes back, pause holds back', async (t, broker) => {
  const topic = await broker.createTopic()
  const partition = { topic, partition: 0 }
  await sendValues(broker, topic, ['a', 'b'])
  const member = join(t, broker.brokers, uniqueName('group'), [topic])
  await until(() => valuesOf(member).length === 2)
  member.consumer.seek(partition, 1)
  await until(() => valuesOf(member).length === 3)
  t.deepEqual(valuesOf(member), ['a', 'b', 'b'])
  member.consumer.pause(partition)
  await sendValues(broker, topic, ['c'])
  await new Promise(resolve => setTimeout(resolve, 300))
  t.is(valuesOf(member).length, 3)
  member.consumer.resume(partition)
  await until(() => valuesOf(member).length === 4)
  t.pass()
})

kafkaTest(
  'a second member ends the assignment of the first, and its commits',
  async (t, broker) => {
    const topic = await broker.createTopic({ partitions: 2 })
    const group = uniqueName('group')
    await sendValues(broker, topic, ['a', 'b', 'c', 'd'])
    const first = join(t, broker.brokers, group, [topic])
    await until(() => valuesOf(first).length === 4)
    const [old] = first.assignments
    t.is(old!.partitions.length, 2)
    const second = join(t, broker.brokers, group, [topic])
    await until(() => second.assignments.length > 0)
    t.true(old!.signal.aborted)
    await until(() => first.assignments.at(-1)!.partitions.length === 1)
    for (const partition of old!.partitions) {
      const refused = first.consumer.commit(old!, partition, 1, '')
      t.true(isFenced((await t.throwsAsync(refused, { instanceOf: PipelineError }))!))
    }
    const shares = [first, second].flatMap(({ assignments }) => assignments.at(-1)!.partitions)
    t.deepEqual(
      shares.map(({ partition }) => partition).sort((a, b) => a - b),
      [0, 1],
    )
  },
)

kafkaTest('topics by pattern', async (t, broker) => {
  const topic = await broker.createTopic()
  await sendValues(broker, topic, ['a'])
  const member = join(t, broker.brokers, uniqueName('group'), [new RegExp(`^${topic}$`)])
  await until(() => valuesOf(member).length === 1)
  t.pass()
})

kafkaTest('an unknown topic ends the run, and says so', async (t, broker) => {
  const member = join(t, broker.brokers, uniqueName('group'), ['no-such-topic'])
  const error = (await member.ended) as PipelineError
  t.true(error.retryable)
  t.regex(error.message, /no-such-topic|topic-partition/)
})

kafkaTest('a run that was closed before it began ends at once', async (t, broker) => {
  const consumer = consumerFor(broker.brokers, uniqueName('group'), [await broker.createTopic()])
  await consumer.close()
  const handler = {
    assigned: () => t.fail('it has joined the group'),
    fetched: () => t.fail('it has read messages'),
    skipped: () => t.fail('it has read offsets'),
  }
  await consumer.run(handler)
  t.pass()
})

test('without a broker the run ends with a retryable error', async t => {
  const member = join(t, '127.0.0.1:1', 'group', ['topic'])
  t.true(((await member.ended) as PipelineError).retryable)
})

kafkaTest('what is aborted is not handed over, and where it ends is told', async (t, broker) => {
  const topic = await broker.createTopic()
  const value = (text: string) => [{ value: text, partition: 0 }]
  await sendInTransaction(broker, topic, value('a'), 'abort')
  await sendInTransaction(broker, topic, value('b'), 'commit')
  const member = join(t, broker.brokers, uniqueName('group'), [topic])
  await until(() => valuesOf(member).length === 1)
  t.deepEqual(valuesOf(member), ['b'])
  await sendInTransaction(broker, topic, value('c'), 'abort')
  // Each message has the end of its transaction behind it.
  const ends = (): number[] => [...member.fetched, ...member.skipped].map(({ end }) => end)
  await until(() => ends().includes(6))
  t.true(ends().includes(4))
  t.deepEqual(valuesOf(member), ['b'])
})
