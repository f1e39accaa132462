import type { Admin, KafkaMessage } from 'kafkajs'
// Read with the repaired client: a plain one has no codecs but gzip.
import { kafkajs } from '../../src/kafka/kafkajs.ts'
import { uniqueName } from './kafka-broker.ts'

/** Everything that is in a topic now, partition by partition, read by a group of its own. */
export async function readTopic(
  t: { teardown(fn: () => unknown): void },
  { brokers }: { readonly brokers: string },
  topic: string,
): Promise<KafkaMessage[]> {
  const kafka = new kafkajs.Kafka({ brokers: [brokers], logLevel: kafkajs.logLevel.NOTHING })
  const admin = kafka.admin()
  await admin.connect()
  const size = await topicSize(admin, topic)
  await admin.disconnect()
  if (size === 0) return []
  const consumer = kafka.consumer({ groupId: uniqueName('reader'), maxWaitTimeInMs: 50 })
  t.teardown(() => consumer.disconnect())
  await consumer.connect()
  await consumer.subscribe({ topics: [topic], fromBeginning: true })
  const messages: KafkaMessage[] = []
  await new Promise<void>((resolve, reject) => {
    const eachMessage = async ({ message }: { message: KafkaMessage }): Promise<void> => {
      messages.push(message)
      if (messages.length === size) resolve()
    }
    consumer.run({ eachMessage }).catch(reject)
  })
  return messages
}

/** How many messages a topic has ever got. */
export async function topicSize(admin: Admin, topic: string): Promise<number> {
  const offsets = await admin.fetchTopicOffsets(topic)
  return offsets.reduce((sum, { high }) => sum + Number(high), 0)
}

/** Writes one message a value, uncompressed, to partition 0. */
export async function sendValues(
  { brokers }: { readonly brokers: string },
  topic: string,
  values: readonly (string | Buffer)[],
): Promise<void> {
  const kafka = new kafkajs.Kafka({ brokers: [brokers], logLevel: kafkajs.logLevel.NOTHING })
  const producer = kafka.producer()
  await producer.connect()
  await producer.send({ topic, messages: values.map(value => ({ value, partition: 0 })) })
  await producer.disconnect()
}
