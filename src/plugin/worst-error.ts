import { PipelineError } from './pipeline-error.ts'

/**
 * The verdict on records of which some parts failed: a retryable failure beats a permanent one,
 * because sending again can still save those records. Of two permanent ones the one about more
 * records counts. Among equals the first is kept, with the longest wait that anybody asked for.
 */
export function worstError(a: PipelineError | undefined, b: PipelineError): PipelineError {
  if (a === undefined) return b
  if (a.retryable !== b.retryable) return a.retryable ? a : b
  if (!a.retryable) return rejectedCount(b) > rejectedCount(a) ? b : a
  if ((b.retryAfterMs ?? 0) <= (a.retryAfterMs ?? 0)) return a
  const { code, reason } = a
  const retryAfterMs = b.retryAfterMs ?? 0
  return PipelineError.retryable(a.message, { code, reason, retryAfterMs, cause: a })
}

function rejectedCount({ rejected }: PipelineError): number {
  return rejected?.count ?? Number.POSITIVE_INFINITY
}
