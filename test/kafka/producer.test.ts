import test from 'ava'
import type { Kafka } from 'kafkajs'
import { kafkajs } from '../../src/kafka/kafkajs.ts'
import {
  KafkaProducer,
  type KafkaProducerOptions,
  type KafkaRecord,
  PRODUCER_RETRIES,
} from '../../src/kafka/producer.ts'
import { PipelineError } from '../../src/plugin/pipeline-error.ts'
import { kafkaTest, ownBroker, withJava } from '../helpers/kafka-broker.ts'
import { readTopic, topicSize } from '../helpers/kafka-topic.ts'

function producerFor(
  t: { teardown(fn: () => unknown): void },
  brokers: string,
  options: Partial<KafkaProducerOptions> = {},
  retries = PRODUCER_RETRIES,
): KafkaProducer {
  const retry = { initialRetryTime: 100, maxRetryTime: 1000, retries }
  const kafka = new kafkajs.Kafka({ brokers: [brokers], logLevel: kafkajs.logLevel.NOTHING, retry })
  const producer = new KafkaProducer({
    kafka,
    acks: -1,
    idempotent: true,
    compression: 'snappy',
    timeoutMs: 5000,
    allowAutoTopicCreation: false,
    metadataMaxAgeMs: 60_000,
    ...options,
  })
  t.teardown(() => producer.close())
  return producer
}

/** A lane that does not come about is for the caller to try again: nothing has been sent. */
async function sendOrConnectAgain(
  producer: KafkaProducer,
  records: readonly KafkaRecord[],
): Promise<void> {
  for (;;) {
    try {
      await producer.send(records)
      return
    } catch (error) {
      if (!(error as Error).message.startsWith('connecting')) throw error
    }
  }
}

function numbered(topic: string, from: number, to: number): { topic: string; value: Buffer }[] {
  return Array.from({ length: to - from }, (_, i) => ({ topic, value: Buffer.from(`${from + i}`) }))
}

for (const compression of ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const) {
  kafkaTest(`what is sent with ${compression} is read back to the letter`, async (t, broker) => {
    const topic = await broker.createTopic()
    const producer = producerFor(t, broker.brokers, { compression })
    const value = Buffer.from('repeated text '.repeat(1000))
    const headers = { name: 'value', bytes: Buffer.from([0, 255]) }
    await producer.send([{ topic, key: Buffer.from('key'), value, headers }])
    const [message] = await readTopic(t, broker, topic)
    t.deepEqual(message!.value, value)
    t.deepEqual(message!.key, Buffer.from('key'))
    t.deepEqual(message!.headers!['bytes'], Buffer.from([0, 255]))
  })
}

kafkaTest('many sends at once are all stored, each once', async (t, broker) => {
  const topic = await broker.createTopic({ partitions: 3 })
  const producer = producerFor(t, broker.brokers)
  const sends = Array.from({ length: 40 }, (_, i) =>
    producer.send(numbered(topic, i * 25, i * 25 + 25)),
  )
  await Promise.all(sends)
  const values = (await readTopic(t, broker, topic)).map(({ value }) => Number(value))
  t.deepEqual(
    values.sort((a, b) => a - b),
    Array.from({ length: 1000 }, (_, i) => i),
  )
})

kafkaTest('a message over the limit of the broker is told as too large', async (t, broker) => {
  const topic = await broker.createTopic({ config: { 'max.message.bytes': '1000' } })
  const producer = producerFor(t, broker.brokers, { compression: 'none' })
  const large = { topic, value: Buffer.alloc(2000) }
  const error = await t.throwsAsync(producer.send([large]), { instanceOf: PipelineError })
  t.is(error.reason, 'message_too_large')
  t.false(error.retryable)
  // Together too large, alone not: for the caller to cut.
  const small = { topic, value: Buffer.alloc(500) }
  await t.throwsAsync(producer.send([small, small, small]), { message: /MESSAGE_TOO_LARGE/ })
  await producer.send([small])
  t.is(await topicSize(broker.admin, topic), 1)
})

kafkaTest('an unknown topic is refused, to be tried again', async (t, broker) => {
  const producer = producerFor(t, broker.brokers, {}, 2)
  const sent = producer.send(numbered('no-such-topic', 0, 1))
  const error = await t.throwsAsync(sent, { instanceOf: PipelineError })
  t.true(error.retryable)
})

withJava('what is sent while the broker restarts is stored once', async t => {
  const broker = await ownBroker(t)
  await broker.start()
  const { brokers } = broker.addresses
  const admin = new kafkajs.Kafka({ brokers: [brokers], logLevel: 0 }).admin()
  await admin.connect()
  await admin.createTopics({ topics: [{ topic: 'logs' }], waitForLeaders: true })
  const producer = producerFor(t, brokers)
  const sends: Promise<void>[] = []
  for (let i = 0; i < 60; i++) {
    sends.push(sendOrConnectAgain(producer, numbered('logs', i * 10, i * 10 + 10)))
    if (i === 20) await broker.kill()
    if (i === 40) await broker.start()
    await new Promise(resolve => setTimeout(resolve, 5))
  }
  await Promise.all(sends)
  const values = (await readTopic(t, { brokers }, 'logs')).map(({ value }) => Number(value))
  t.deepEqual(
    values.sort((a, b) => a - b),
    Array.from({ length: 600 }, (_, i) => i),
  )
  await admin.disconnect()
})

/** A client that counts how many of its producers are connected. */
function countingClient(brokers: string): {
  kafka: Kafka
  connected: { now: number; max: number }
} {
  const kafka = new kafkajs.Kafka({ brokers: [brokers], logLevel: kafkajs.logLevel.NOTHING })
  const connected = { now: 0, max: 0 }
  const create = kafka.producer.bind(kafka)
  kafka.producer = config => {
    const lane = create(config)
    lane.on(lane.events.CONNECT, () => {
      connected.max = Math.max(connected.max, ++connected.now)
    })
    lane.on(lane.events.DISCONNECT, () => connected.now--)
    return lane
  }
  return { kafka, connected }
}

kafkaTest('a connection that comes about after close is ended', async (t, broker) => {
  const { kafka, connected } = countingClient(broker.brokers)
  const producer = producerFor(t, broker.brokers, { kafka })
  const connecting = producer.connect()
  await producer.close()
  await t.throwsAsync(connecting, { instanceOf: PipelineError, message: /closed/ })
  t.deepEqual(connected, { now: 0, max: 1 })
})

kafkaTest(
  'however many send at once, there are no more than five connections',
  async (t, broker) => {
    const topic = await broker.createTopic()
    const { kafka, connected } = countingClient(broker.brokers)
    const producer = producerFor(t, broker.brokers, { kafka })
    await Promise.all(
      Array.from({ length: 40 }, (_, i) => producer.send(numbered(topic, i, i + 1))),
    )
    t.is(connected.max, 5)
  },
)

test('without a broker it rejects retryably', async t => {
  const producer = producerFor(t, '127.0.0.1:1', {}, 1)
  const error = await t.throwsAsync(producer.connect(), { instanceOf: PipelineError })
  t.true(error.retryable)
  await producer.close()
  t.true((await t.throwsAsync(producer.send(numbered('x', 0, 1)))) instanceof PipelineError)
})
