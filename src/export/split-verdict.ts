import { PipelineError, type Rejected } from '../plugin/pipeline-error.ts'
import type { LotPart } from '../queue/queue.ts'

/**
 * What a verdict on a batch means for each of the parts it was joined of, in order; undefined for
 * one that is accepted. Who contributed good records must not hear of the bad ones of others, and a
 * refusal of a part is no refusal of the whole item.
 *
 * A destination that does not say which records it refused (OTLP's partial success) is taken to
 * mean the first ones: the sum over all contributors is right, and nobody hears of more records
 * than are its own.
 */
export function splitVerdict(
  error: PipelineError,
  parts: readonly LotPart[],
): (PipelineError | undefined)[] {
  if (error.retryable) return parts.map(() => error)
  const counts = error.rejected && countsOf(error.rejected, parts)
  return parts.map(({ from, to }, index) => {
    const count = counts === undefined ? to - from : counts[index]!
    return count === 0 ? undefined : withRejected(error, count)
  })
}

/** The verdict on a whole item of `records`: when all of them were refused it is a refusal. */
export function wholeVerdict(
  error: PipelineError | undefined,
  records: number,
): PipelineError | undefined {
  if (error?.rejected === undefined || error.rejected.count < records) return error
  const { message, code, reason } = error
  return PipelineError.permanent(message, { code, reason, cause: error })
}

/** A refusal of so many records, of which it is not said which. */
export function withRejected(error: PipelineError, count: number): PipelineError {
  const { message, code, reason } = error
  return PipelineError.permanent(message, { code, reason, rejected: { count }, cause: error })
}

function countsOf({ count, parts: refused }: Rejected, parts: readonly LotPart[]): number[] {
  if (refused === undefined) {
    let left = count
    return parts.map(({ from, to }) => {
      const own = Math.min(left, to - from)
      left -= own
      return own
    })
  }
  // Records are joined in order: the rows of the batch are those of the parts, one after another.
  const ends: number[] = []
  for (const { from, to } of parts) ends.push((ends.at(-1) ?? 0) + to - from)
  const counts = parts.map(() => 0)
  for (const { records } of refused) {
    for (let i = 0; i < records.count; i++) {
      const part = ends.findIndex(end => records.row(i) < end)
      if (part >= 0) counts[part]!++
    }
  }
  return counts
}
