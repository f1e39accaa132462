import type { PluginContext } from '#core'
import type { TopicPartition } from '#core/kafka'
import { createKafka, KafkaProducer, type KafkaRecord, PRODUCER_RETRIES } from '#core/kafka'
import type { KafkaReceiverConfig } from './config.ts'
import type { DeadMessage } from './range-decoder.ts'

/** Beyond this a reason is cut: it is for people. */
const REASON_LENGTH_MAX = 1000

/** Writes messages that can never be to the dead-letter topic, as they came, with the reason. */
export class DeadLetters {
  readonly topic: string
  readonly #producer: KafkaProducer

  constructor(topic: string, config: KafkaReceiverConfig, context: PluginContext) {
    this.topic = topic
    this.#producer = new KafkaProducer({
      kafka: createKafka(config, context.logger, PRODUCER_RETRIES),
      acks: -1,
      idempotent: true,
      compression: 'snappy',
      timeoutMs: 30_000,
      allowAutoTopicCreation: true,
      metadataMaxAgeMs: config.metadata.refresh_interval,
    })
  }

  /** Resolves when all are in the topic. @throws PipelineError */
  async write(from: TopicPartition, dead: readonly DeadMessage[]): Promise<void> {
    // One by one: together they could be more than the broker takes.
    for (const one of dead) await this.#producer.send([recordOf(this.topic, from, one)])
  }

  async close(): Promise<void> {
    await this.#producer.close()
  }
}

function recordOf(
  topic: string,
  from: TopicPartition,
  { message, reason, end }: DeadMessage,
): KafkaRecord {
  const headers: Record<string, Buffer | string> = {}
  for (const [name, value] of Object.entries(message.headers)) {
    // Kafka allows a name twice; the first is kept.
    const first = Array.isArray(value) ? value[0] : value
    if (first !== undefined) headers[name] = first
  }
  return {
    topic,
    key: message.key ?? undefined,
    value: message.value ?? Buffer.alloc(0),
    headers: {
      ...headers,
      'parsec.dead_letter.reason': reason.slice(0, REASON_LENGTH_MAX),
      'parsec.dead_letter.topic': from.topic,
      'parsec.dead_letter.partition': String(from.partition),
      'parsec.dead_letter.offset': String(message.offset),
      ...(end === undefined ? {} : { 'parsec.dead_letter.offset_end': String(end) }),
      'parsec.dead_letter.timestamp_ms': String(message.timestampMs),
    },
  }
}
