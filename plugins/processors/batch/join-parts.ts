import { type LogBatch, mergedContext, mergedOrigin, mergeLogs, rangeOrigin } from '#core'
import type { Held } from './held.ts'

/** Records of one sender's batch, `from` up to, not including, `to`. */
export interface Part {
  readonly held: Held
  readonly from: number
  readonly to: number
}

/** Records in a batch made of these parts. */
export function countOf(parts: readonly Part[]): number {
  return parts.reduce((sum, { from, to }) => sum + to - from, 0)
}

/**
 * One batch of all parts, in order; its identity says which records it holds.
 * @param metadata what the senders have in common.
 */
export function joinParts(
  parts: readonly Part[],
  metadata: ReadonlyMap<string, readonly string[]>,
): LogBatch {
  const batches = parts.map(partBatch)
  const [first] = batches
  if (batches.length === 1 && first !== undefined) return first
  const context = mergedContext(batches.map(batch => batch.context))
  const shared = context.metadata === undefined && metadata.size > 0
  const merged = mergeLogs(batches, shared ? { ...context, metadata } : context)
  return merged.with({ origin: mergedOrigin(batches.map(batch => batch.origin!)) })
}

function partBatch({ held: { batch }, from, to }: Part): LogBatch {
  if (from === 0 && to === batch.count) return batch
  return batch.slice(from, to).with({ origin: rangeOrigin(batch.origin!, from, to) })
}
