import type { Kafka } from 'kafkajs'
import { withAdmin } from './client.ts'
import { kafkaError } from './kafka-errors.ts'

/** The cluster's own id: what an identity of its records begins with. @throws PipelineError */
export async function clusterId(kafka: Kafka): Promise<string> {
  try {
    return await withAdmin(kafka, async admin => (await admin.describeCluster()).clusterId)
  } catch (thrown) {
    throw kafkaError(thrown, 'asking for the cluster id')
  }
}

/** What a partition holds: from `low` up to, not including, `high`. */
export interface PartitionBounds {
  readonly partition: number
  readonly low: number
  readonly high: number
}

/** All partitions of a topic, in order. @throws PipelineError */
export async function topicBounds(kafka: Kafka, topic: string): Promise<PartitionBounds[]> {
  try {
    const offsets = await withAdmin(kafka, admin => admin.fetchTopicOffsets(topic))
    return offsets
      .map(({ partition, low, high }) => ({ partition, low: Number(low), high: Number(high) }))
      .toSorted((a, b) => a.partition - b.partition)
  } catch (thrown) {
    throw kafkaError(thrown, `topic ${topic}`)
  }
}

/** The first offset of every partition whose message is not older than `timestampMs`. */
export async function offsetsAt(
  kafka: Kafka,
  topic: string,
  timestampMs: number,
): Promise<ReadonlyMap<number, number>> {
  try {
    return await withAdmin(kafka, async admin => {
      const offsets = await admin.fetchTopicOffsetsByTimestamp(topic, timestampMs)
      // The broker names partitions in any order.
      const ordered = offsets.toSorted((a, b) => a.partition - b.partition)
      return new Map(ordered.map(({ partition, offset }) => [partition, Number(offset)]))
    })
  } catch (thrown) {
    throw kafkaError(thrown, `offsets of topic ${topic} by time`)
  }
}
