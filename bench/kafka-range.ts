import { kafkaReceiverConfig } from '../plugins/receivers/kafka/config.ts'
import { RangeDecoder } from '../plugins/receivers/kafka/range-decoder.ts'
import type { KafkaMessage } from '../src/kafka/consumer.ts'
import type { Case } from './decode.ts'
import { plainRecords } from './plain-records.ts'

/** Small JSON objects, one a message. */
const objects = JSON.parse(plainRecords(1000).toString()) as readonly unknown[]
const messages: readonly KafkaMessage[] = objects.map((object, offset) => ({
  offset,
  timestampMs: 1_700_000_000_000,
  key: null,
  value: Buffer.from(JSON.stringify(object)),
  headers: {},
}))
const from = { topic: 'logs', partition: 0 }

function decoderOf(encoding: string): RangeDecoder {
  return new RangeDecoder(kafkaReceiverConfig.parse({ logs: { encoding } }))
}
const text = decoderOf('text')
const json = decoderOf('json')

/** Messages of a Kafka partition that are a record each, as one batch. */
export const kafkaCases: readonly Case[] = [
  {
    name: 'kafka: 1,000 text messages to columns',
    records: 1000,
    run: () => text.decode(from, messages),
  },
  {
    name: 'kafka: 1,000 json messages to columns',
    records: 1000,
    run: () => json.decode(from, messages),
  },
]
