import { PipelineError } from '#core'

/** Labels for the metric that counts what could not be sent. */
const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'disk_full',
  EDQUOT: 'disk_full',
  EFBIG: 'disk_full',
  EACCES: 'permission_denied',
  EPERM: 'permission_denied',
  EROFS: 'permission_denied',
  ENOENT: 'no_such_directory',
  ENOTDIR: 'no_such_directory',
}

/** A failure of the file system as a verdict: it may pass, so the sender should keep the data. */
export function writeError(path: string, thrown: unknown): PipelineError {
  const code = (thrown as { code?: unknown } | null)?.code
  const reason = (typeof code === 'string' ? REASONS[code] : undefined) ?? 'write_failed'
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  return PipelineError.retryable(`cannot write to ${path}: ${message}`, { reason, cause: thrown })
}
