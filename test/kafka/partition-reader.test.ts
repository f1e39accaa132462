import { pino } from 'pino'
import { createKafka } from '../../src/kafka/client.ts'
import type { KafkaClientConfig } from '../../src/kafka/client-config.ts'
import { kafkajs } from '../../src/kafka/kafkajs.ts'
import { PartitionReader } from '../../src/kafka/partition-reader.ts'
import { PipelineError } from '../../src/plugin/pipeline-error.ts'
import { kafkaTest, uniqueName } from '../helpers/kafka-broker.ts'
import { sendMessages, sendValues } from '../helpers/kafka-topic.ts'

function reader(
  brokers: string,
  topic: string,
  partition = 0,
  fetchBytesMax = 1_000_000,
): PartitionReader {
  const config = { brokers: [brokers], client_id: 'test', auth: {} } as unknown as KafkaClientConfig
  const kafka = createKafka(config, pino({ level: 'silent' }), 1)
  const waits = { metadataMaxAgeMs: 60_000, fetchWaitMsMax: 50 }
  return new PartitionReader({ kafka, topic, partition, fetchBytesMax, ...waits })
}

kafkaTest('messages are read from any offset on, and none from the end', async (t, broker) => {
  const topic = await broker.createTopic({ partitions: 2 })
  const headers = { name: 'value' }
  await sendMessages(
    broker,
    topic,
    ['a', 'b', 'c'].map((value, i) => ({
      value,
      key: 'k',
      headers,
      partition: 1,
      timestamp: String(1e12 + i),
    })),
  )
  const partition = reader(broker.brokers, topic, 1)
  t.teardown(() => partition.close())
  const { messages, next } = await partition.fetch(1)
  t.deepEqual(
    messages.map(({ offset, timestampMs, value, key, headers: own }) => {
      return [offset, timestampMs, String(value), String(key), String(own['name'])]
    }),
    [
      [1, 1e12 + 1, 'b', 'k', 'value'],
      [2, 1e12 + 2, 'c', 'k', 'value'],
    ],
  )
  t.is(next, 3)
  t.deepEqual(await partition.fetch(3), { messages: [], next: 3 })
})

kafkaTest('aborted transactions and control records are passed over', async (t, broker) => {
  const topic = await broker.createTopic()
  await sendValues(broker, topic, ['first'])
  const kafka = new kafkajs.Kafka({ brokers: [broker.brokers], logLevel: kafkajs.logLevel.NOTHING })
  const producer = kafka.producer({ transactionalId: uniqueName('tx'), maxInFlightRequests: 1 })
  await producer.connect()
  const aborted = await producer.transaction()
  await aborted.send({ topic, messages: [{ value: 'aborted' }] })
  await aborted.abort()
  const committed = await producer.transaction()
  await committed.send({ topic, messages: [{ value: 'committed' }] })
  await committed.commit()
  await producer.disconnect()
  const partition = reader(broker.brokers, topic)
  t.teardown(() => partition.close())
  const seen: string[] = []
  let at = 0
  // first, aborted, its marker, committed, its marker.
  while (at < 5) {
    const { messages, next } = await partition.fetch(at)
    seen.push(...messages.map(({ value }) => String(value)))
    at = next
  }
  t.deepEqual(seen, ['first', 'committed'])
})

kafkaTest('a message larger than an answer is read all the same', async (t, broker) => {
  const topic = await broker.createTopic()
  await sendValues(broker, topic, ['x'.repeat(100_000)])
  const partition = reader(broker.brokers, topic, 0, 1000)
  t.teardown(() => partition.close())
  t.is((await partition.fetch(0)).messages[0]?.value?.length, 100_000)
})

kafkaTest('what is not there is said with its place', async (t, broker) => {
  const topic = await broker.createTopic()
  for (const [partition, offset, message] of [
    [0, 7, /\/0 at offset 7: .*OFFSET_OUT_OF_RANGE/],
    [5, 0, /\/5 at offset 0: the topic has no partition 5/],
  ] as const) {
    const one = reader(broker.brokers, topic, partition)
    const error = await t.throwsAsync(one.fetch(offset), { instanceOf: PipelineError, message })
    t.is((error as PipelineError).retryable, partition === 5)
    await one.close()
  }
})
