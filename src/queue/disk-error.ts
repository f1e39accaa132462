import { PipelineError } from '../plugin/pipeline-error.ts'

const RETRY_AFTER_MS = 5000

/** What a sender hears when the disk has not taken its batch; it may come again. */
export function diskError(thrown: unknown, directory: string): PipelineError {
  const { code } = thrown as NodeJS.ErrnoException
  const full = code === 'ENOSPC' || code === 'EDQUOT'
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  return PipelineError.retryable(
    full
      ? `the disk under ${directory} is full: free some space, or lower queue_size`
      : `the disk under ${directory} refuses: ${message}`,
    {
      reason: full ? 'disk_full' : 'disk_error',
      retryAfterMs: RETRY_AFTER_MS,
      cause: thrown,
    },
  )
}
