import { createRequire } from 'node:module'
import type { Kafka } from 'kafkajs'
import { PipelineError } from '../plugin/pipeline-error.ts'
import type { TopicPartition } from './committed-offsets.ts'
import type { KafkaMessage } from './consumer.ts'
import { kafkaError } from './kafka-errors.ts'
// kafkajs is mended before any of it is loaded.
import './kafkajs.ts'

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
 *
 * kafkajs has no such reader, so the requests go over a cluster of its own making, as its consumers'
 * do (the version is pinned). After an error everything is connected anew.
 */
export class PartitionReader {
  readonly #options: PartitionReaderOptions
  #cluster: Cluster | undefined

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
        const { raw, messages, end } = await this.#request(offset, bytesMax)
        const last = raw.at(-1)
        if (last !== undefined && Number(last.offset) >= offset) {
          return { messages: messages.map(messageOf), next: Number(last.offset) + 1 }
        }
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

  /** `end`: the offset from which on there is nothing to be read yet. */
  async #request(
    offset: number,
    bytesMax: number,
  ): Promise<{ raw: readonly RawMessage[]; messages: readonly RawMessage[]; end: number }> {
    const { topic, partition, fetchWaitMsMax } = this.#options
    const cluster = await this.#connected()
    await cluster.refreshMetadataIfNecessary()
    const [nodeId] = Object.keys(cluster.findLeaderForPartitions(topic, [partition]))
    if (nodeId === undefined) throw new Error(`the topic has no partition ${partition}`)
    const broker = await cluster.findBroker({ nodeId })
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
    const { messages } = new Batch(topic, `${offset}`, data)
    const end = Number(data.lastStableOffset ?? data.highWatermark)
    return { raw: data.messages, messages, end }
  }

  async #connected(): Promise<Cluster> {
    if (this.#cluster !== undefined) return this.#cluster
    const { kafka, topic, metadataMaxAgeMs } = this.#options
    const cluster = createCluster(kafka, metadataMaxAgeMs)
    this.#cluster = cluster
    await cluster.connect()
    await cluster.addTargetTopic(topic)
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

const READ_COMMITTED = 1

/** What kafkajs gives its own consumers to work with, as far as it is used here. */
interface Cluster {
  connect(): Promise<void>
  disconnect(): Promise<void>
  addTargetTopic(topic: string): Promise<void>
  refreshMetadataIfNecessary(): Promise<void>
  findLeaderForPartitions(topic: string, partitions: readonly number[]): Record<string, number[]>
  findBroker(node: { nodeId: string }): Promise<Broker>
}

interface Broker {
  fetch(request: object): Promise<{
    responses: readonly { readonly partitions: readonly PartitionData[] }[]
  }>
}

interface PartitionData {
  readonly highWatermark: string
  /** Absent before Kafka 0.11. */
  readonly lastStableOffset?: string
  /** Also those before the offset that was asked for, control records and aborted ones. */
  readonly messages: readonly RawMessage[]
}

interface RawMessage {
  readonly offset: string
  readonly timestamp: string
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers?: KafkaMessage['headers']
}

const require = createRequire(import.meta.url)

/** Leaves out what nobody is to see: control records, and those of aborted transactions. */
const Batch = require('kafkajs/src/consumer/batch') as new (
  topic: string,
  fetchedOffset: string,
  data: PartitionData,
) => { readonly messages: readonly RawMessage[] }

function createCluster(kafka: Kafka, metadataMaxAge: number): Cluster {
  const key = Object.getOwnPropertySymbols(kafka).find(
    ({ description }) => description === 'private:Kafka:createCluster',
  )
  if (key === undefined) throw new Error('kafkajs is not the version that this was made for')
  const create = (kafka as unknown as Record<symbol, (options: object) => Cluster>)[key]!
  return create({ metadataMaxAge, allowAutoTopicCreation: false, isolationLevel: READ_COMMITTED })
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
