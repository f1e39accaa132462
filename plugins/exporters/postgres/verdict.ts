import { identityOf, type LogBatch, PipelineError } from '#core'
import type { Refusal } from './batch-ledger.ts'
import { REJECTED } from './errors.ts'

/**
 * The verdict on a batch of which some records were refused for good, and all others stored. Each
 * refused part can be sent again by itself: the ledger knows the batch, not the part.
 */
export function refusalError(
  batch: LogBatch,
  { ranges, fault }: Refusal,
  where: string,
): PipelineError {
  const { code, reason } = REJECTED
  const error = PipelineError.permanent(`${where}: ${fault}`, { code, reason })
  const parts = ranges.map(({ from, to }) => {
    const records = batch.slice(from, to)
    return { records, origin: identityOf(records), error }
  })
  const count = parts.reduce((sum, { records }) => sum + records.count, 0)
  if (parts.length === 1 && count === batch.count) return error
  return PipelineError.permanent(
    `${where}: ${count} of ${batch.count} records were refused, the first: ${fault}`,
    { code, reason, rejected: { count, parts }, cause: error },
  )
}
