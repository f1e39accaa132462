import type { Kafka } from 'kafkajs'
import { PipelineError } from '../plugin/pipeline-error.ts'
import type { TopicPartition } from './committed-offsets.ts'
import type { KafkaMessage } from './consumer.ts'
import { kafkaError } from './kafka-errors.ts'
import {
  createCluster,
  type FetchedPartition,
  type KafkaCluster,
  type RawMessage,
  READ_COMMITTED,
  visibleMessages,
} from './kafkajs-cluster.ts'

export interface PartitionReaderOptions extends TopicPartition {
  readonly kafka: Kafka
  readonly metadataMaxAgeMs: number
  /** Bytes of one answer, before unpacking; a single record batch may be larger. */
  readonly fetchBytesMax: number
  /** How long the broker waits for something to answer with. */
  readonly fetchWaitMsMax: number
}

export interface FetchedRange {
  /** In order, from the offset that was asked for on; offsets may have gaps. */
  readonly messages: readonly KafkaMessage[]
  /** Where to go on: everything before it has been given, or holds no message. */
  readonly next: number
}

/** What Kafka keeps of records that hold no message for anybody to read may be as much as this. */
const FETCH_BYTES_LIMIT = 64 * 1024 * 1024

/**
 * Reads a partition from any offset on, without a consumer group: nothing at the broker remembers
 * that it was here. One `fetch` at a time.
 * kafkajs has no such reader. After an error everything is connected anew.
 */
export class PartitionReader {
  readonly #options: PartitionReaderOptions
  #cluster: KafkaCluster | undefined

  constructor(options: PartitionReaderOptions) {
    this.#options = options
  }

  /**
   * The messages from `offset` on, as many as fit an answer; none, with `next` unchanged, when there
   * are none yet. Of transactions only what is committed. Rejects with PipelineError, a permanent one
   * when the partition does not have the offset.
   */
  async fetch(offset: number): Promise<FetchedRange> {
    const { topic, partition, fetchBytesMax } = this.#options
    try {
      for (let bytesMax = fetchBytesMax; ; bytesMax *= 2) {
        const data = await this.#request(offset, bytesMax)
        const last = Number(data.messages.at(-1)?.offset ?? -1)
        if (last >= offset) {
          const messages = visibleMessages(topic, offset, data).map(messageOf)
          return { messages, next: last + 1 }
        }
        // From here on there is nothing to be read yet.
        const end = Number(data.lastStableOffset ?? data.highWatermark)
        if (offset >= end) return { messages: [], next: offset }
        // Compaction leaves record batches without records, and kafkajs says nothing of them.
        if (bytesMax >= FETCH_BYTES_LIMIT) {
          throw new Error(`no message in ${bytesMax} bytes from offset ${offset} on`)
        }
      }
    } catch (thrown) {
      await this.close()
      const where = `reading ${topic}/${partition} at offset ${offset}`
      throw isOutOfRange(thrown) ? goneError(where, thrown) : kafkaError(thrown, where)
    }
  }

  async close(): Promise<void> {
    const cluster = this.#cluster
    this.#cluster = undefined
    await cluster?.disconnect().catch(() => undefined)
  }

  async #request(offset: number, bytesMax: number): Promise<FetchedPartition> {
    const { topic, partition, fetchWaitMsMax } = this.#options
    const cluster = await this.#connected()
    await cluster.refreshMetadataIfNecessary()
    const leader = cluster
      .findTopicPartitionMetadata(topic)
      .find(({ partitionId }) => partitionId === partition)?.leader
    if (leader === undefined) throw new Error(`the topic has no partition ${partition}`)
    const broker = await cluster.findBroker({ nodeId: leader })
    const { responses } = await broker.fetch({
      maxWaitTime: fetchWaitMsMax,
      minBytes: 1,
      maxBytes: bytesMax,
      isolationLevel: READ_COMMITTED,
      topics: [
        { topic, partitions: [{ partition, fetchOffset: `${offset}`, maxBytes: bytesMax }] },
      ],
    })
    const data = responses[0]?.partitions[0]
    if (data === undefined) throw new Error('the broker has answered without the partition')
    return data
  }

  async #connected(): Promise<KafkaCluster> {
    if (this.#cluster !== undefined) return this.#cluster
    const { kafka, topic, metadataMaxAgeMs: metadataMaxAge } = this.#options
    const cluster = createCluster(kafka, { metadataMaxAge, allowAutoTopicCreation: false })
    this.#cluster = cluster
    await cluster.connect()
    await cluster.addMultipleTargetTopics([topic])
    return cluster
  }
}

function isOutOfRange(thrown: unknown): boolean {
  return (thrown as { readonly type?: string }).type === 'OFFSET_OUT_OF_RANGE'
}

function goneError(where: string, cause: unknown): PipelineError {
  return PipelineError.permanent(
    `${where}: it is not there, or not any more (OFFSET_OUT_OF_RANGE)`,
    {
      code: 'out_of_range',
      reason: 'offset_out_of_range',
      cause,
    },
  )
}

function messageOf({ offset, timestamp, key, value, headers }: RawMessage): KafkaMessage {
  return {
    offset: Number(offset),
    timestampMs: Number(timestamp),
    key,
    value,
    headers: headers ?? {},
  }
}
