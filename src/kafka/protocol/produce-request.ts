import { type Packing, packedWith } from '../packing.ts'
import { encodeRecordBatch } from './record-batch.ts'
import type { WritableRecord } from './records.ts'
import type { RequestBody } from './request-frame.ts'

/*
 * Produce, version 3 (kafka.apache.org/protocol#The_Messages_Produce); 4 to 7 are the same on the
 * wire:
 *
 *   request   := transactionalId(nullable string) acks(int16) timeoutMs(int32) [topic]
 *   topic     := name(string) [partition]
 *   partition := index(int32) bytes(int32) recordBatch
 */

const API_KEY = 0
const API_VERSION = 3
const NO_PRODUCER = -1n

/** A message as kafkajs passes it on. */
interface Message extends Omit<WritableRecord, 'timestampMs'> {
  /** Milliseconds since the epoch, as text. */
  readonly timestamp?: string | number | undefined
}

/** What kafkajs asks for, by its own names. */
export interface ProduceRequest {
  readonly acks: number
  /** Milliseconds. */
  readonly timeout: number
  readonly transactionalId?: string | null
  /** Text, a bigint, or kafkajs's own Long. */
  readonly producerId?: { toString(): string }
  readonly producerEpoch?: number
  readonly compression?: Packing
  readonly topicData: readonly {
    readonly topic: string
    readonly partitions: readonly {
      readonly partition: number
      readonly firstSequence?: number
      readonly messages: readonly Message[]
    }[]
  }[]
}

/** A request in kafkajs's form, to be put in the place of its own. */
export interface ProtocolRequest {
  readonly apiKey: number
  readonly apiVersion: number
  readonly apiName: string
  expectResponse(): boolean
  encode(): Promise<RequestBody>
}

/** The request, to be encoded once for each time it is sent. */
export function produceRequest(request: ProduceRequest): ProtocolRequest {
  return {
    apiKey: API_KEY,
    apiVersion: API_VERSION,
    apiName: 'Produce',
    expectResponse: () => request.acks !== 0,
    encode: async () => ({ chunks: await encode(request) }),
  }
}

async function encode(request: ProduceRequest): Promise<Buffer[]> {
  const { transactionalId, acks, timeout, topicData } = request
  const head = Buffer.allocUnsafe(6)
  head.writeInt16BE(acks, 0)
  head.writeInt32BE(timeout, 2)
  const chunks = [nullableString(transactionalId ?? undefined), head, int32(topicData.length)]
  for (const { topic, partitions } of topicData) {
    chunks.push(nullableString(topic), int32(partitions.length))
    for (const { partition, firstSequence = 0, messages } of partitions) {
      // One after the other: what is packed at once is bounded by the number of requests.
      const batch = await encodePartition(request, messages, firstSequence)
      chunks.push(int32(partition), int32(batch.length), batch)
    }
  }
  return chunks
}

async function encodePartition(
  request: ProduceRequest,
  messages: readonly Message[],
  firstSequence: number,
): Promise<Buffer> {
  const { compression = 0, producerId, producerEpoch = 0, transactionalId } = request
  return await encodeRecordBatch({
    records: messages.map(recordOf),
    ...packedWith(compression),
    nowMs: Date.now(),
    producerId: producerId === undefined ? NO_PRODUCER : BigInt(producerId.toString()),
    producerEpoch,
    firstSequence,
    isTransactional: Boolean(transactionalId),
  })
}

function recordOf({ key, value, headers, timestamp }: Message): WritableRecord {
  const timestampMs = timestamp === undefined ? undefined : Number(timestamp)
  return { key, value, headers, timestampMs }
}

function nullableString(text: string | undefined): Buffer {
  const bytes = text === undefined ? -1 : Buffer.byteLength(text)
  const out = Buffer.allocUnsafe(2 + Math.max(bytes, 0))
  out.writeInt16BE(bytes, 0)
  if (text !== undefined) out.write(text, 2)
  return out
}

function int32(value: number): Buffer {
  const out = Buffer.allocUnsafe(4)
  out.writeInt32BE(value, 0)
  return out
}
