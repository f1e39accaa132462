import type { PluginContext } from '#core'
import type { CommittedOffset } from '#core/kafka'
import type { KafkaReceiverConfig } from './config.ts'

/** Where work on a partition begins. */
export interface StartPosition extends CommittedOffset {
  readonly offset: number
  /** True when the group has no commit for it yet, so that this one is to be committed at once. */
  readonly isInitial: boolean
}

/** The first offset of each partition of a topic that is not older than a time. */
export type OffsetsAt = (topic: string, timestampMs: number) => Promise<ReadonlyMap<number, number>>

/** Where to begin with what the group has committed, or with `initial_offset` where it has not. */
export async function startPosition(
  committed: CommittedOffset,
  initial: KafkaReceiverConfig['initial_offset'],
  offsetsAt: OffsetsAt,
  { logger }: PluginContext,
): Promise<StartPosition> {
  const { topic, partition, offset, low, high } = committed
  if (offset === undefined) {
    const begin = await initialOffset(committed, initial, offsetsAt)
    return { ...committed, offset: begin, isInitial: true }
  }
  if (offset > high) {
    logger.warn(
      { topic, partition, committed: offset, low, high },
      'the committed offset is beyond the end of the partition, which must have been made anew: it is read from the begin',
    )
    return { ...committed, offset: low, metadata: '', isInitial: false }
  }
  if (offset < low) {
    logger.error(
      { topic, partition, committed: offset, low, lost: low - offset },
      "messages are gone that the group has not read: the topic's retention is too short for this lag",
    )
  }
  return { ...committed, offset, isInitial: false }
}

async function initialOffset(
  { topic, partition, low, high }: CommittedOffset,
  initial: KafkaReceiverConfig['initial_offset'],
  offsetsAt: OffsetsAt,
): Promise<number> {
  if (initial === 'earliest') return low
  if (initial === 'latest') return high
  const offset = (await offsetsAt(topic, initial)).get(partition)
  // kafkajs gives the end when nothing is that new.
  return Math.min(Math.max(offset ?? high, low), high)
}
