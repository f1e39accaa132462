import { PipelineError } from '../plugin/pipeline-error.ts'

/** Labels for the metrics, by the code of the file system. */
const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'disk_full',
  EDQUOT: 'disk_full',
  EFBIG: 'disk_full',
  EACCES: 'permission_denied',
  EPERM: 'permission_denied',
  EROFS: 'permission_denied',
}

/** A failure of the file system as a verdict: it may pass, so the records stay where they are. */
export function storageError(path: string, thrown: unknown): PipelineError {
  if (thrown instanceof PipelineError) return thrown
  const { code } = thrown as NodeJS.ErrnoException
  const reason = REASONS[code ?? ''] ?? 'dead_letter_unwritable'
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  return PipelineError.retryable(`cannot write dead letters to ${path}: ${message}`, {
    reason,
    cause: thrown,
  })
}
