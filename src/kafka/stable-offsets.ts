import {
  createEncoder,
  errorFromCode,
  type KafkaBroker,
  type KafkaEncoder,
  type KafkaRequest,
} from './kafkajs-cluster.ts'

/** What a group has committed of one partition. */
export interface StableOffset {
  readonly topic: string
  readonly partition: number
  readonly offset: bigint
  readonly metadata: string
}

export const OFFSET_FETCH = 9
/** The first that can ask for what no open transaction may still change (Kafka 2.5, KIP-447). */
export const STABLE_VERSION = 7

/**
 * All that a group has committed, transactions that have ended included. Rejects with kafkajs's
 * errors: UNSTABLE_OFFSET_COMMIT while a transaction that changes it has not ended. kafkajs itself
 * asks in version 4 at most, which answers with what was before such a transaction.
 */
export async function fetchStableOffsets(
  coordinator: KafkaBroker,
  groupId: string,
): Promise<StableOffset[]> {
  return (await coordinator.connectionPool.send(offsetFetch(groupId))) as StableOffset[]
}

/*
 * OffsetFetch Request (Version: 7) => group_id [topics] require_stable TAG_BUFFER
 *   group_id => COMPACT_STRING
 *   topics => null, for all
 *   require_stable => BOOLEAN
 */
function offsetFetch(groupId: string): KafkaRequest {
  return {
    request: {
      apiKey: OFFSET_FETCH,
      apiVersion: STABLE_VERSION,
      apiName: 'OffsetFetch',
      encode: async () => encode(groupId),
    },
    response: {
      decode: async payload => payload,
      parse: async payload => decode(payload as Buffer),
    },
  }
}

function encode(groupId: string): KafkaEncoder {
  return createEncoder()
    .writeUVarInt(0) // kafkajs writes the header of old versions, which has no tags yet
    .writeUVarIntString(groupId)
    .writeUVarInt(0)
    .writeInt8(1)
    .writeUVarInt(0)
}

/*
 * OffsetFetch Response (Version: 7) => throttle_time_ms [topics] error_code TAG_BUFFER
 *   throttle_time_ms => INT32
 *   topics => name [partitions] TAG_BUFFER
 *     name => COMPACT_STRING
 *     partitions => partition_index committed_offset committed_leader_epoch metadata error_code TAG_BUFFER
 *       partition_index => INT32
 *       committed_offset => INT64
 *       committed_leader_epoch => INT32
 *       metadata => COMPACT_NULLABLE_STRING
 *       error_code => INT16
 *   error_code => INT16
 */
function decode(payload: Buffer): StableOffset[] {
  const reader = new Reader(payload)
  const offsets: StableOffset[] = []
  reader.skipTags() // of the header
  reader.int32()
  const topics = reader.uvarint() - 1
  for (let t = 0; t < topics; t++) {
    const topic = reader.text()
    const partitions = reader.uvarint() - 1
    for (let p = 0; p < partitions; p++) {
      const partition = reader.int32()
      const offset = reader.int64()
      reader.int32()
      const metadata = reader.text()
      assertSuccess(reader.int16())
      reader.skipTags()
      offsets.push({ topic, partition, offset, metadata })
    }
    reader.skipTags()
  }
  assertSuccess(reader.int16())
  return offsets
}

function assertSuccess(code: number): void {
  if (code !== 0) throw errorFromCode(code)
}

/** Reads over the bytes; Node throws a RangeError where they end too early. */
class Reader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  int16(): number {
    this.#at += 2
    return this.#bytes.readInt16BE(this.#at - 2)
  }

  int32(): number {
    this.#at += 4
    return this.#bytes.readInt32BE(this.#at - 4)
  }

  int64(): bigint {
    this.#at += 8
    return this.#bytes.readBigInt64BE(this.#at - 8)
  }

  uvarint(): number {
    let value = 0
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.#bytes.readUInt8(this.#at++)
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) return value
    }
    throw new RangeError('a length takes more than five bytes')
  }

  /** Empty for null, too. */
  text(): string {
    const length = Math.max(0, this.uvarint() - 1)
    const end = this.#at + length
    if (end > this.#bytes.length) throw new RangeError('a text reaches beyond the answer')
    const text = this.#bytes.toString('utf8', this.#at, end)
    this.#at = end
    return text
  }

  skipTags(): void {
    for (let tags = this.uvarint(); tags > 0; tags--) {
      this.uvarint()
      this.#at += this.uvarint()
    }
  }
}
