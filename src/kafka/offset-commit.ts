import { createRequire } from 'node:module'
import { createEncoder, type KafkaEncoder, type KafkaRequest } from './kafkajs-cluster.ts'

/** What kafkajs gives to its request, and the name of the member that kafkajs knows none of. */
export interface OffsetCommitFields {
  readonly groupId: string
  readonly groupGenerationId: number
  readonly memberId: string
  readonly groupInstanceId: string
  readonly topics: readonly {
    readonly topic: string
    readonly partitions: readonly {
      readonly partition: number
      readonly offset: string
      readonly metadata?: string | null
    }[]
  }[]
}

export const OFFSET_COMMIT = 8
/** The first with a group_instance_id (Kafka 2.3, KIP-345); kafkajs ends at 5. */
export const INSTANCE_COMMIT_VERSION = 7

const require = createRequire(import.meta.url)
const response =
  require('kafkajs/src/protocol/requests/offsetCommit/v5/response') as KafkaRequest['response']

const NO_EPOCH = -1

/**
 * A commit by a static member: one that another process has taken the place of is refused with
 * FENCED_INSTANCE_ID.
 *
 * OffsetCommit Request (Version: 7) => group_id generation_id member_id group_instance_id [topics]
 *   group_id => STRING
 *   generation_id => INT32
 *   member_id => STRING
 *   group_instance_id => NULLABLE_STRING
 *   topics => name [partitions]
 *     name => STRING
 *     partitions => partition_index committed_offset committed_leader_epoch committed_metadata
 *       partition_index => INT32
 *       committed_offset => INT64
 *       committed_leader_epoch => INT32
 *       committed_metadata => NULLABLE_STRING
 */
export function instanceOffsetCommit(fields: OffsetCommitFields): KafkaRequest {
  return {
    request: {
      apiKey: OFFSET_COMMIT,
      apiVersion: INSTANCE_COMMIT_VERSION,
      apiName: 'OffsetCommit',
      encode: async () => encode(fields),
    },
    response,
  }
}

function encode(fields: OffsetCommitFields): KafkaEncoder {
  const topics = fields.topics.map(({ topic, partitions }) => {
    const encoded = partitions.map(({ partition, offset, metadata = null }) =>
      createEncoder()
        .writeInt32(partition)
        .writeInt64(offset)
        .writeInt32(NO_EPOCH)
        .writeString(metadata),
    )
    return createEncoder().writeString(topic).writeArray(encoded)
  })
  return createEncoder()
    .writeString(fields.groupId)
    .writeInt32(fields.groupGenerationId)
    .writeString(fields.memberId)
    .writeString(fields.groupInstanceId)
    .writeArray(topics)
}
