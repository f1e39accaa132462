import { PipelineError, type ReplayPoint, type ReplayRange, type ReplayRequest } from '#core'
import type { PartitionBounds } from '#core/kafka'
import type { OffsetsAt } from './start-position.ts'

/**
 * The offsets that a request comes to, by partition; partitions without any are left out. Rejects
 * with a permanent PipelineError for a partition that the topic does not have, and for an offset that
 * it does not have, or not any more.
 */
export async function replayPlan(
  { topic, partitions, from, to }: ReplayRequest,
  bounds: readonly PartitionBounds[],
  offsetsAt: OffsetsAt,
): Promise<readonly ReplayRange[]> {
  const chosen = partitions?.map(number => boundsOf(topic, number, bounds)) ?? bounds
  if (chosen.length > 1 && ('offset' in from || 'offset' in to)) {
    throw impossible(`an offset is of one partition, and these are ${chosen.length}: name one`)
  }
  const begin = await resolverOf(topic, from, offsetsAt)
  const end = await resolverOf(topic, to, offsetsAt)
  return chosen
    .map(one => rangeOf(one, begin(one), end(one), 'timeMs' in from))
    .filter(range => range.from < range.to)
}

function boundsOf(
  topic: string,
  number: number,
  bounds: readonly PartitionBounds[],
): PartitionBounds {
  const known = bounds.find(({ partition }) => partition === number)
  if (known !== undefined) return known
  throw impossible(`topic ${topic} has no partition ${number}, it has ${bounds.length}`)
}

type Resolver = (bounds: PartitionBounds) => number

async function resolverOf(
  topic: string,
  point: ReplayPoint,
  offsetsAt: OffsetsAt,
): Promise<Resolver> {
  if ('offset' in point) return bounds => checkedOffset(topic, point.offset, bounds)
  const offsets = await offsetsAt(topic, point.timeMs)
  // kafkajs gives the end when nothing is that new.
  return ({ partition, low, high }) => {
    return Math.min(Math.max(offsets.get(partition) ?? high, low), high)
  }
}

/** An offset was read somewhere: one that is not there is a mistake, and no less is done silently. */
function checkedOffset(topic: string, offset: number, bounds: PartitionBounds): number {
  const { partition, low, high } = bounds
  if (offset >= low && offset <= high) return offset
  const why = offset < low ? 'any more: its first one is' : 'yet: the next one written will be'
  throw impossible(
    `${topic}/${partition} does not have offset ${offset} ${why} ${offset < low ? low : high}`,
  )
}

function rangeOf(
  { partition, low }: PartitionBounds,
  from: number,
  to: number,
  isByTime: boolean,
): ReplayRange {
  const isCut = isByTime && from === low && low > 0
  return {
    partition,
    from,
    to,
    ...(isCut ? { note: `what was before offset ${low} is gone` } : {}),
  }
}

function impossible(message: string): PipelineError {
  return PipelineError.permanent(message, { code: 'out_of_range', reason: 'replay_range' })
}
