import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { ExecutionContext } from 'ava'
import type { WorkerStart } from '../../src/workers/messages.ts'

const child = fileURLToPath(new URL('worker-child.js', import.meta.url))

/** Starts test/helpers/worker-child.ts; it is killed at the end of the test. */
export function forkWorker(t: ExecutionContext): ChildProcess {
  const forked = fork(child, { stdio: ['ignore', 'pipe', 'inherit', 'ipc'], execArgv: [] })
  t.teardown(() => forked.kill('SIGKILL'))
  return forked
}

export function workerStart(role?: string): WorkerStart {
  return { place: { index: 1, count: 2 }, config: { entries: [] }, role, shutdownTimeoutMs: 1000 }
}
