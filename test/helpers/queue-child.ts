import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { ExecutionContext } from 'ava'
import { FileQueue } from '../../src/queue/file-queue.ts'
import { lockDirectory } from '../../src/queue/log/directory-lock.ts'
import { sampleLogs } from '../../src/testing/sample-logs.ts'
import { NEVER } from './verdict.ts'

/*
 * A process that holds a queue's directory, or floods a queue in it, until it is killed. Run as a
 * program: `node queue-child.js <lock|flood> <directory>`; it reports over IPC.
 */

type Mode = 'lock' | 'flood'

export interface QueueChild {
  readonly pid: number
  /** What the child has said: `locked`, `refused: <why>`, or the bodies it was acknowledged. */
  readonly said: string[]
  /** Resolves when it has said that much. */
  readonly heard: (count: number) => Promise<void>
  /** Ends the process as a crash would. */
  readonly kill: () => Promise<void>
}

export function startQueueChild(t: ExecutionContext, mode: Mode, directory: string): QueueChild {
  const child = fork(fileURLToPath(import.meta.url), [mode, directory], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  t.teardown(() => kill(child))
  const said: string[] = []
  let told = (): void => {}
  child.once('exit', () => told())
  child.on('message', message => {
    said.push(...(message as string[]))
    told()
  })
  return {
    pid: child.pid ?? 0,
    said,
    heard: async count => {
      while (said.length < count) {
        if (child.exitCode !== null) throw new Error(`the child exited with ${child.exitCode}`)
        await new Promise<void>(resolve => {
          told = resolve
        })
      }
    },
    kill: () => kill(child),
  }
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  // Not before all that it has sent is here.
  const closed = once(child, 'close')
  child.kill('SIGKILL')
  await closed
}

async function main(mode: Mode, directory: string): Promise<void> {
  const say = (...lines: string[]): void => void process.send?.(lines)
  if (mode === 'lock') {
    await lockDirectory(directory, 'child').then(
      () => say('locked'),
      (error: Error) => say(`refused: ${error.message}`),
    )
    setInterval(() => {}, 1e9)
    return
  }
  const queue = new FileQueue({
    name: 'child',
    directory,
    sizer: 'bytes',
    capacity: 1e9,
    overflow: 'refuse',
    segmentBytes: 65536,
    memoryBytes: 65536,
    sync: true,
    events: {
      trouble: message => say(`trouble: ${message}`),
      dropped: () => {},
      keptAfterAll: () => {},
    },
  })
  await queue.start()
  const senders = Array.from({ length: 8 }, async (_, sender) => {
    for (let i = 0; ; i++) {
      const bodies = [`${sender}/${i}.0`, `${sender}/${i}.1 ${'x'.repeat((i * 37) % 2000)}`]
      await queue.offer(sampleLogs(bodies), NEVER)
      say(...bodies)
    }
  })
  await Promise.all(senders)
}

if (process.argv[1] === fileURLToPath(import.meta.url) && process.send) {
  await main(process.argv[2] as Mode, process.argv[3] ?? '')
}
