import { createRequire } from 'node:module'
import type { Kafka } from 'kafkajs'
import type { KafkaMessage } from './consumer.ts'
// For its repairs, which must come before anything of kafkajs is loaded.
import './kafkajs.ts'

/*
 * The layer of kafkajs below its producer: connections, login, metadata, and requests by name. The
 * parts of it that we use, with the types that kafkajs does not export.
 */

/** A request in kafkajs's own form. */
export interface KafkaRequest {
  readonly request: {
    readonly apiKey: number
    readonly apiVersion: number
    readonly apiName: string
    encode(): Promise<KafkaEncoder>
  }
  readonly response: {
    decode(payload: Buffer): Promise<unknown>
    parse(decoded: unknown): Promise<unknown>
  }
}

export interface KafkaEncoder {
  writeInt8(value: number): KafkaEncoder
  writeInt32(value: number): KafkaEncoder
  writeInt64(value: string): KafkaEncoder
  writeBoolean(value: boolean): KafkaEncoder
  writeString(value: string | null): KafkaEncoder
  writeArray(values: readonly (KafkaEncoder | string)[]): KafkaEncoder
  writeUVarInt(value: number): KafkaEncoder
  writeUVarIntString(value: string): KafkaEncoder
}

/** Throws a RangeError where the bytes end too early. */
export interface KafkaDecoder {
  readInt16(): number
  readInt32(): number
  /** null for the null of the protocol. */
  readString(): string | null
  readBytes(): Buffer | null
  readArray<T>(read: (decoder: KafkaDecoder) => T): T[]
}

export interface ProducerSession {
  readonly producerId: string
  readonly producerEpoch: number
}

type InTransaction = ProducerSession & { readonly transactionalId: string }

export interface TopicPartitions {
  readonly topic: string
  readonly partitions: readonly number[]
}

export interface PartitionData {
  readonly partition: number
  readonly firstSequence: number
  readonly messages: readonly object[]
}

/** Every request resolves with the answer, or rejects with kafkajs's errors; 15 s at most. */
export interface KafkaBroker {
  readonly versions: Readonly<Record<number, { readonly maxVersion: number } | undefined>>
  readonly connectionPool: { send(request: KafkaRequest): Promise<unknown> }
  initProducerId(request: {
    readonly transactionalId: string
    readonly transactionTimeout: number
  }): Promise<ProducerSession>
  addPartitionsToTxn(
    request: InTransaction & { readonly topics: readonly TopicPartitions[] },
  ): Promise<unknown>
  addOffsetsToTxn(request: InTransaction & { readonly groupId: string }): Promise<unknown>
  txnOffsetCommit(
    request: InTransaction & {
      readonly groupId: string
      readonly topics: readonly {
        readonly topic: string
        readonly partitions: readonly {
          readonly partition: number
          readonly offset: string
          readonly metadata: string
        }[]
      }[]
    },
  ): Promise<unknown>
  endTxn(request: InTransaction & { readonly transactionResult: boolean }): Promise<unknown>
  produce(
    request: InTransaction & {
      readonly acks: -1
      readonly timeout: number
      readonly compression: number
      readonly topicData: readonly {
        readonly topic: string
        readonly partitions: readonly PartitionData[]
      }[]
    },
  ): Promise<unknown>
  fetch(request: {
    readonly maxWaitTime: number
    readonly minBytes: number
    readonly maxBytes: number
    readonly isolationLevel: typeof READ_COMMITTED
    readonly topics: readonly {
      readonly topic: string
      readonly partitions: readonly {
        readonly partition: number
        readonly fetchOffset: string
        readonly maxBytes: number
      }[]
    }[]
  }): Promise<{
    readonly responses: readonly { readonly partitions: readonly FetchedPartition[] }[]
  }>
}

export const READ_COMMITTED = 1

/** A message as it came; kafkajs gives offsets and times as text. */
export interface RawMessage {
  readonly offset: string
  readonly timestamp: string
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers?: KafkaMessage['headers']
}

export interface FetchedPartition {
  readonly highWatermark: string
  /** Absent before Kafka 0.11. */
  readonly lastStableOffset?: string
  /** Also those before the offset that was asked for, control records and aborted ones. */
  readonly messages: readonly RawMessage[]
}

export interface PartitionMetadata {
  readonly partitionId: number
  readonly leader: number
}

export const GROUP_COORDINATOR = 0
export const TRANSACTION_COORDINATOR = 1

export interface KafkaCluster {
  connect(): Promise<void>
  disconnect(): Promise<void>
  addMultipleTargetTopics(topics: readonly string[]): Promise<void>
  refreshMetadataIfNecessary(): Promise<void>
  findTopicPartitionMetadata(topic: string): PartitionMetadata[]
  findBroker(by: { readonly nodeId: number }): Promise<KafkaBroker>
  findGroupCoordinator(by: {
    readonly groupId: string
    readonly coordinatorType: typeof GROUP_COORDINATOR | typeof TRANSACTION_COORDINATOR
  }): Promise<KafkaBroker>
}

export interface KafkaClusterOptions {
  readonly allowAutoTopicCreation: boolean
  readonly metadataMaxAge: number
}

const require = createRequire(import.meta.url)
const Encoder = require('kafkajs/src/protocol/encoder') as new () => KafkaEncoder
const Decoder = require('kafkajs/src/protocol/decoder') as new (bytes: Buffer) => KafkaDecoder

const CREATE_CLUSTER = 'private:Kafka:createCluster'

/**
 * Connections of their own to the cluster that `kafka` is of; opened by `connect`.
 * @throws Error when kafkajs is not the version that this is written for.
 */
export function createCluster(kafka: Kafka, options: KafkaClusterOptions): KafkaCluster {
  return clusterMaker(kafka).create(options)
}

/**
 * The same client, except that `prepare` gets every cluster that is made for a producer, a consumer or
 * an admin of it, before it connects. `kafka` itself does not change.
 * @throws Error when kafkajs is not the version that this is written for.
 */
export function withPreparedClusters(
  kafka: Kafka,
  prepare: (cluster: KafkaCluster) => void,
): Kafka {
  const { key, create } = clusterMaker(kafka)
  const prepared = (options: KafkaClusterOptions): KafkaCluster => {
    const cluster = create(options)
    prepare(cluster)
    return cluster
  }
  return Object.create(kafka, { [key]: { value: prepared } }) as Kafka
}

interface ClusterMaker {
  readonly key: symbol
  readonly create: (options: KafkaClusterOptions) => KafkaCluster
}

function clusterMaker(kafka: Kafka): ClusterMaker {
  // Also where it is inherited: see withPreparedClusters.
  for (let owner: object | null = kafka; owner !== null; owner = Object.getPrototypeOf(owner)) {
    const key = Object.getOwnPropertySymbols(owner).find(
      symbol => symbol.description === CREATE_CLUSTER,
    )
    if (key === undefined) continue
    const create = (owner as Record<symbol, unknown>)[key]
    if (typeof create === 'function') return { key, create: create as ClusterMaker['create'] }
  }
  throw new Error('this version of kafkajs is not known')
}

export function createEncoder(): KafkaEncoder {
  return new Encoder()
}

export function createDecoder(bytes: Buffer): KafkaDecoder {
  return new Decoder(bytes)
}

const Batch = require('kafkajs/src/consumer/batch') as new (
  topic: string,
  fetchedOffset: string,
  data: FetchedPartition,
) => { readonly messages: readonly RawMessage[] }

/** Of what was fetched from `offset` on, the messages that somebody is to see. */
export function visibleMessages(
  topic: string,
  offset: number,
  data: FetchedPartition,
): readonly RawMessage[] {
  return new Batch(topic, String(offset), data).messages
}

const errors = require('kafkajs/src/protocol/error') as { createErrorFromCode(code: number): Error }

/** The error that kafkajs makes of a code of the broker. */
export function errorFromCode(code: number): Error {
  return errors.createErrorFromCode(code)
}
