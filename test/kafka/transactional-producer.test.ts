import { connect } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { kafkajs } from '../../src/kafka/kafkajs.ts'
import type { KafkaRecord } from '../../src/kafka/producer.ts'
import { decodeNote, notedName } from '../../src/kafka/transaction-note.ts'
import {
  type Committed,
  TransactionalProducer,
  type TransactionalProducerOptions,
} from '../../src/kafka/transactional-producer.ts'
import { PipelineError } from '../../src/plugin/pipeline-error.ts'
import { startCutProxy } from '../helpers/cut-proxy.ts'
import { kafkaTest, uniqueName } from '../helpers/kafka-broker.ts'
import { committedOffset, readCommitted } from '../helpers/kafka-topic.ts'

type Outcomes = ('committed' | 'aborted' | 'unknown')[]

function producerFor(
  t: ExecutionContext,
  brokers: string,
  noteTopic: string,
  options: Partial<TransactionalProducerOptions> = {},
  proxyPort?: number,
): { producer: TransactionalProducer; outcomes: Outcomes } {
  const retry = { initialRetryTime: 50, maxRetryTime: 500, retries: 5 }
  const kafka = new kafkajs.Kafka({
    brokers: [brokers],
    logLevel: kafkajs.logLevel.NOTHING,
    retry,
    socketFactory: ({ host, port, onConnect }) => connect(proxyPort ?? port, host, onConnect),
  })
  const outcomes: Outcomes = []
  const producer = new TransactionalProducer({
    kafka,
    transactionalId: uniqueName('tx'),
    noteTopic,
    namesMax: 20,
    compression: 'snappy',
    timeoutMs: 5000,
    allowAutoTopicCreation: false,
    metadataMaxAgeMs: 60_000,
    onEnd: outcome => outcomes.push(outcome),
    ...options,
  })
  t.teardown(() => producer.close())
  return { producer, outcomes }
}

function numbered(topic: string, from: number, to: number): KafkaRecord[] {
  return Array.from({ length: to - from }, (_, i) => ({ topic, value: Buffer.from(`${from + i}`) }))
}

async function valuesIn(
  t: ExecutionContext,
  broker: { readonly brokers: string },
  topic: string,
): Promise<number[]> {
  const messages = await readCommitted(t, broker, topic)
  return messages.map(({ value }) => Number(value)).sort((a, b) => a - b)
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i)
}

kafkaTest('many batches at once are all readable, each once', async (t, broker) => {
  const topic = await broker.createTopic({ partitions: 3 })
  const { producer, outcomes } = producerFor(t, broker.brokers, topic)
  const sent = await Promise.all(
    range(40).map(i =>
      producer.transact(`batch ${i}`, async send => {
        await send(numbered(topic, i * 20, i * 20 + 10))
        await send(numbered(topic, i * 20 + 10, i * 20 + 20))
      }),
    ),
  )
  t.true(sent.every(one => one === 'now'))
  t.is(outcomes.length, 40)
  t.deepEqual(await valuesIn(t, broker, topic), range(800))
})

kafkaTest('what an earlier process has committed is not sent again', async (t, broker) => {
  const topic = await broker.createTopic()
  const transactionalId = uniqueName('tx')
  const first = producerFor(t, broker.brokers, topic, { transactionalId }).producer
  for (const i of range(7)) {
    await first.transact(`batch ${i}`, async send => send(numbered(topic, i, i + 1)))
  }
  const second = producerFor(t, broker.brokers, topic, { transactionalId }).producer
  for (const i of range(9)) {
    const done = await second.transact(`batch ${i}`, async send => send(numbered(topic, i, i + 1)))
    t.is(done, i < 7 ? 'before' : 'now')
  }
  t.deepEqual(await valuesIn(t, broker, topic), range(9))
})

kafkaTest('a note holds the last batches of its lane only', async (t, broker) => {
  const topic = await broker.createTopic()
  const transactionalId = uniqueName('tx')
  const { producer } = producerFor(t, broker.brokers, topic, { transactionalId, namesMax: 2 })
  // Five lanes in turn.
  for (const i of range(15)) {
    await producer.transact(`batch ${i}`, async send => send(numbered(topic, i, i + 1)))
  }
  const names: string[] = []
  for (const lane of range(5)) {
    const group = `${transactionalId}-${lane}`
    const { offset, metadata } = await committedOffset(broker.admin, group, topic)
    t.is(offset, 3)
    names.push(...decodeNote(metadata!))
  }
  const expected = range(15)
    .slice(5)
    .map(i => notedName(`batch ${i}`))
  t.deepEqual(names.sort(), expected.sort())
})

kafkaTest(
  'nothing of a transaction that fails is readable, and the next goes on',
  async (t, broker) => {
    const topic = await broker.createTopic({ partitions: 2 })
    const { producer, outcomes } = producerFor(t, broker.brokers, topic)
    const failure = PipelineError.permanent('not these')
    for (const i of range(6)) {
      const sent = producer.transact('wrong', async send => {
        await send(numbered(topic, 1000 + i * 10, 1000 + i * 10 + 10))
        throw failure
      })
      t.is(await t.throwsAsync(sent), failure)
    }
    await producer.transact('right', async send => send(numbered(topic, 0, 10)))
    t.deepEqual(outcomes, [
      'aborted',
      'aborted',
      'aborted',
      'aborted',
      'aborted',
      'aborted',
      'committed',
    ])
    t.deepEqual(await valuesIn(t, broker, topic), range(10))
  },
)

kafkaTest(
  'a second process with the same id fences the first, which says so and waits',
  async (t, broker) => {
    const topic = await broker.createTopic()
    const transactionalId = uniqueName('tx')
    const { producer: old, outcomes } = producerFor(t, broker.brokers, topic, { transactionalId })
    await old.transact('a', async send => send(numbered(topic, 0, 1)))
    const { producer: young } = producerFor(t, broker.brokers, topic, { transactionalId })
    await young.transact('b', async send => send(numbered(topic, 1, 2)))
    for (const _ of range(3)) {
      const sent = old.transact('c', async send => send(numbered(topic, 2, 3)))
      const error = await t.throwsAsync(sent, { instanceOf: PipelineError })
      t.true(error.retryable)
      t.is(error.reason, 'transactional_id_in_use')
      t.true(error.retryAfterMs! > 1000)
      t.regex(error.message, new RegExp(`${transactionalId} is in use by another process`))
    }
    t.is(outcomes.length, 2)
    await young.transact('c', async send => send(numbered(topic, 2, 3)))
    t.deepEqual(await valuesIn(t, broker, topic), range(3))
  },
)

/** As the export chain does, in case the same batch is hit twice. */
async function untilSent(
  producer: TransactionalProducer,
  ...[name, work]: Parameters<TransactionalProducer['transact']>
): Promise<Committed> {
  for (;;) {
    try {
      return await producer.transact(name, work)
    } catch (error) {
      if (!(error as PipelineError).retryable) throw error
    }
  }
}

/** EndTxn: what a client asks last. */
function isCommit(chunk: Buffer): boolean {
  return chunk.length > 6 && chunk.readInt16BE(4) === 26
}

for (const [what, action] of [
  ['the answer to a commit', 'answer'],
  ['a commit', 'now'],
] as const) {
  kafkaTest(`${what} that is lost leaves nothing twice`, async (t, broker) => {
    const topic = await broker.createTopic({ partitions: 2 })
    const proxy = await startCutProxy(t, Number(broker.brokers.split(':')[1]))
    let lost = 0
    proxy.onClientData = chunk => {
      if (!isCommit(chunk) || lost === 3) return 'pass'
      lost++
      return action
    }
    const { producer, outcomes } = producerFor(t, broker.brokers, topic, {}, proxy.port)
    const sent = await Promise.all(
      range(10).map(i =>
        untilSent(producer, `batch ${i}`, async send => send(numbered(topic, i * 10, i * 10 + 10))),
      ),
    )
    t.is(sent.filter(one => one === 'before').length, action === 'answer' ? 3 : 0)
    t.is(outcomes.filter(one => one === 'unknown').length, 3)
    t.is(proxy.cuts, 3)
    t.deepEqual(await valuesIn(t, broker, topic), range(100))
  })
}

kafkaTest(
  'an open transaction of a process that is gone is ended by the next',
  async (t, broker) => {
    const topic = await broker.createTopic()
    const transactionalId = uniqueName('tx')
    const { producer: gone } = producerFor(t, broker.brokers, topic, { transactionalId })
    let isInside: (() => void) | undefined
    const inside = new Promise<void>(resolve => {
      isInside = resolve
    })
    const never = gone.transact('a', async send => {
      await send(numbered(topic, 0, 5))
      isInside?.()
      await new Promise(() => undefined)
    })
    never.catch(() => undefined)
    await inside
    const { producer } = producerFor(t, broker.brokers, topic, { transactionalId })
    t.is(await producer.transact('a', async send => send(numbered(topic, 0, 5))), 'now')
    t.deepEqual(await valuesIn(t, broker, topic), range(5))
  },
)

test('without a broker it rejects retryably', async t => {
  const { producer } = producerFor(t, '127.0.0.1:1', 'logs')
  const error = await t.throwsAsync(producer.connect(), { instanceOf: PipelineError })
  t.true(error.retryable)
  await producer.close()
  const sent = producer.transact('a', async () => undefined)
  await t.throwsAsync(sent, { instanceOf: PipelineError })
})
