import { PipelineError } from '#core'

/**
 * Refuses `INTO OUTFILE`, which writes a file even in a read-only session. This keeps from
 * accidents; it is no wall: who may ask may also write files by other means.
 */
export function assertReadOnly(sql: string): void {
  const bare = sql
    .replace(/'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`(?:[^`\\]|\\.)*`/gs, ' ')
    .replace(/--[^\n]*|\/\*.*?\*\//gs, ' ')
  if (!/\binto\s+outfile\b/i.test(bare)) return
  throw PipelineError.permanent(
    'queries are read-only, and INTO OUTFILE writes a file: redirect the output instead',
    { code: 'permission_denied', reason: 'read_only' },
  )
}
