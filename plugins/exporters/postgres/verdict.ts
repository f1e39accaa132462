import { type LogBatch, type PipelineError } from '#core'
import type { Refusal } from './batch-ledger.ts'
import { refusedError } from './errors.ts'

/** The verdict on a batch of which some records were refused for good and all others stored. */
export function refusalError(
  batch: LogBatch,
  _identity: string,
  { ranges, fault }: Refusal,
  where: string,
): PipelineError {
  const count = ranges.reduce((sum, { from, to }) => sum + to - from, 0)
  return refusedError(`${where}: ${count} of ${batch.count} records were refused: ${fault}`)
}
