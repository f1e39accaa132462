import type { KafkaMessage } from '../../src/kafka/consumer.ts'

/** A message as the consumer hands it over. */
export function kafkaMessage(
  offset: number,
  value: Buffer | string | null,
  headers: KafkaMessage['headers'] = {},
): KafkaMessage {
  return {
    offset,
    timestampMs: 1_700_000_000_000 + offset,
    key: null,
    value: typeof value === 'string' ? Buffer.from(value) : value,
    headers,
  }
}
