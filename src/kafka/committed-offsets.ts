import type { Admin } from 'kafkajs'

export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

/** What is known of a partition when work on it begins. All offsets are of the next message. */
export interface CommittedOffset extends TopicPartition {
  /** What the group has committed; undefined = nothing yet. */
  readonly offset: number | undefined
  /** What was committed with it; empty = nothing. */
  readonly metadata: string
  /** The first offset that the broker still has. */
  readonly low: number
  /** The offset that the next message written gets. */
  readonly high: number
}

/** What the broker says when there is no commit. */
const NONE = -1
/** What kafkajs commits when an offset is out of range, and we ask it to begin at the begin. */
const EARLIEST = -2

/** Asks for the group's commits and the bounds of the partitions. Rejects with kafkajs's errors. */
export async function committedOffsets(
  admin: Admin,
  groupId: string,
  partitions: readonly TopicPartition[],
): Promise<CommittedOffset[]> {
  const topics = [...new Set(partitions.map(({ topic }) => topic))]
  const bounds = new Map<string, Map<number, { low: number; high: number }>>()
  for (const topic of topics) {
    const offsets = await admin.fetchTopicOffsets(topic)
    const entries = offsets.map(({ partition, low, high }) => {
      return [partition, { low: Number(low), high: Number(high) }] as const
    })
    bounds.set(topic, new Map(entries))
  }
  const commits = new Map<string, { offset: number; metadata: string }>()
  for (const { topic, partitions: known } of await admin.fetchOffsets({ groupId, topics })) {
    for (const { partition, offset, metadata } of known) {
      commits.set(`${topic}/${partition}`, { offset: Number(offset), metadata: metadata ?? '' })
    }
  }
  return partitions.map(({ topic, partition }) => {
    const { low, high } = bounds.get(topic)?.get(partition) ?? { low: 0, high: 0 }
    const commit = commits.get(`${topic}/${partition}`)
    const own = commit?.offset ?? NONE
    return {
      topic,
      partition,
      low,
      high,
      offset: own === EARLIEST ? low : own < 0 ? undefined : own,
      metadata: own < 0 ? '' : (commit?.metadata ?? ''),
    }
  })
}
