import { COMPRESSION_TYPES } from '../../src/kafka/codecs.ts'
import { kafkajs } from '../../src/kafka/kafkajs.ts'
import { UNDECODABLE_HEADER } from '../../src/kafka/protocol/fetched-message.ts'
import { RECORD_BATCH_BYTES_MAX } from '../../src/kafka/protocol/read-record-batch.ts'
import { createZstdCodec } from '../../src/kafka/zstd-codec.ts'
import { kafkaTest } from '../helpers/kafka-broker.ts'
import { readTopic } from '../helpers/kafka-topic.ts'

kafkaTest('a compressed bomb becomes records that say so; the rest is read', async (t, broker) => {
  const topic = await broker.createTopic({ config: { 'max.message.bytes': '200000000' } })
  const zeros = Buffer.alloc(RECORD_BATCH_BYTES_MAX + 1)
  t.true((await createZstdCodec().compress(zeros)).length < 100_000)
  const kafka = new kafkajs.Kafka({
    brokers: [broker.brokers],
    logLevel: kafkajs.logLevel.NOTHING,
  })
  const producer = kafka.producer()
  await producer.connect()
  const compression = COMPRESSION_TYPES.zstd
  await producer.send({ topic, compression, messages: [{ value: 'before' }] })
  await producer.send({ topic, compression, messages: [{ value: 'with it' }, { value: zeros }] })
  await producer.send({ topic, compression, messages: [{ value: 'after' }] })
  await producer.disconnect()
  const messages = await readTopic(t, broker, topic)
  t.deepEqual(
    messages.map(({ offset, value }) => [Number(offset), value && String(value)]),
    [
      [0, 'before'],
      [1, null],
      [2, null],
      [3, 'after'],
    ],
  )
  t.regex(String(messages[1]!.headers![UNDECODABLE_HEADER]), /zstd: .* is refused/)
})
