import type { Admin, KafkaMessage, Message } from 'kafkajs'
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

/**
 * All messages of a topic that a consumer gets to see: those of transactions that were committed.
 * Waits for the end of those that are open. With `readUncommitted` also those that were aborted.
 */
export async function readCommitted(
  t: { teardown(fn: () => unknown): void },
  { brokers }: { readonly brokers: string },
  topic: string,
  { readUncommitted = false } = {},
): Promise<KafkaMessage[]> {
  const kafka = new kafkajs.Kafka({ brokers: [brokers], logLevel: kafkajs.logLevel.NOTHING })
  const admin = kafka.admin()
  await admin.connect()
  const offsets = await admin.fetchTopicOffsets(topic)
  await admin.disconnect()
  const left = new Map(
    offsets
      .filter(({ high }) => high !== '0')
      .map(({ partition, high }) => [partition, BigInt(high)]),
  )
  if (left.size === 0) return []
  const consumer = kafka.consumer({
    groupId: uniqueName('reader'),
    maxWaitTimeInMs: 50,
    readUncommitted,
  })
  t.teardown(() => consumer.disconnect())
  await consumer.connect()
  await consumer.subscribe({ topics: [topic], fromBeginning: true })
  const messages: KafkaMessage[] = []
  await new Promise<void>((resolve, reject) => {
    // Also for what holds nothing but ends of transactions.
    consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload: { partition, lastOffset } }) => {
      if (BigInt(lastOffset) + 1n >= (left.get(partition) ?? 0n)) left.delete(partition)
      if (left.size === 0) resolve()
    })
    const eachMessage = async ({ message }: { message: KafkaMessage }): Promise<void> => {
      messages.push(message)
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
  await sendMessages(
    { brokers },
    topic,
    values.map(value => ({ value })),
  )
}

/** Writes messages, uncompressed, to partition 0 unless they say another. */
export async function sendMessages(
  { brokers }: { readonly brokers: string },
  topic: string,
  messages: readonly Message[],
): Promise<void> {
  const kafka = new kafkajs.Kafka({ brokers: [brokers], logLevel: kafkajs.logLevel.NOTHING })
  const producer = kafka.producer()
  await producer.connect()
  try {
    await producer.send({ topic, messages: messages.map(one => ({ partition: 0, ...one })) })
  } finally {
    await producer.disconnect()
  }
}

/** Writes messages in one transaction of a producer of its own, which is then ended in this way. */
export async function sendInTransaction(
  { brokers }: { readonly brokers: string },
  topic: string,
  messages: readonly Message[],
  end: 'commit' | 'abort',
): Promise<void> {
  const kafka = new kafkajs.Kafka({ brokers: [brokers], logLevel: kafkajs.logLevel.NOTHING })
  const producer = kafka.producer({ transactionalId: uniqueName('tx'), maxInFlightRequests: 1 })
  await producer.connect()
  try {
    const transaction = await producer.transaction()
    await transaction.send({ topic, messages: [...messages] })
    await transaction[end]()
  } finally {
    await producer.disconnect()
  }
}

/** What a group has committed of a partition. */
export async function committedOffset(
  admin: Admin,
  groupId: string,
  topic: string,
  partition = 0,
): Promise<{ offset: number; metadata: string | null }> {
  const [one] = await admin.fetchOffsets({ groupId, topics: [topic] })
  const found = one?.partitions.find(entry => entry.partition === partition)
  return { offset: Number(found?.offset ?? -1), metadata: found?.metadata ?? null }
}
