import { existsSync } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Session } from 'chdb'
import { PipelineError } from '#core'

/**
 * Opens the embedded engine on a directory, which it makes when `create` is set. The engine's
 * library, over 500 MB, is loaded by the first call only. Rejects with a retryable PipelineError
 * that says what is in the way: another process, another directory, no permission, no engine.
 */
export async function openEngine(path: string, create: boolean): Promise<Session> {
  if (!create && !existsSync(path)) {
    throw PipelineError.retryable(`there is no store at ${path}: has anything been stored yet?`, {
      code: 'not_found',
      reason: 'store_missing',
    })
  }
  try {
    if (create) await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    if (create) await mkdir(path, { recursive: true, mode: 0o700 })
    const chdb = await import('chdb')
    return new chdb.Session(path)
  } catch (error) {
    throw await explain(path, error)
  }
}

async function explain(path: string, error: unknown): Promise<PipelineError> {
  const holder = await holderOf(path)
  const message = error instanceof Error ? error.message : String(error)
  const why =
    holder === undefined
      ? message
      : `process ${holder} has it open, and only one can: stop that one first`
  return PipelineError.retryable(`cannot open the store at ${path}: ${why}`, {
    reason: holder === undefined ? 'store_unavailable' : 'store_locked',
    cause: error,
  })
}

/**
 * The id of the live process whose engine has the store open, by the `status` file that the engine
 * keeps locked; undefined when there is none. After a crash the file is still there, but not its
 * process; our own id cannot be in it, since we would not have been refused.
 */
export async function holderOf(path: string): Promise<number | undefined> {
  const status = await readFile(`${path}/status`, 'utf8').catch(() => '')
  const pid = Number(/^PID: (\d+)$/m.exec(status)?.[1] ?? 0)
  if (pid === 0 || pid === process.pid) return undefined
  try {
    process.kill(pid, 0)
    return pid
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM' ? pid : undefined
  }
}
