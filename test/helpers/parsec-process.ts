import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { ExecutionContext } from 'ava'

const main = fileURLToPath(new URL('../../src/main.js', import.meta.url))

/** A running `parsec`, its output so far, and how it ended. */
export interface ParsecProcess {
  readonly child: ChildProcess
  readonly stdout: () => string
  readonly stderr: () => string
  /** Waits for a text on either output; rejects when the process ends before. */
  readonly says: (pattern: RegExp) => Promise<RegExpExecArray>
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>
}

/** Starts the real command line; it is killed at the end of the test. */
export function startParsec(
  t: ExecutionContext,
  args: readonly string[],
  nodeArgs: readonly string[] = [],
): ParsecProcess {
  const child = spawn(process.execPath, [...nodeArgs, main, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  t.teardown(() => child.kill('SIGKILL'))
  const output = { stdout: '', stderr: '' }
  child.stdout.on('data', (chunk: Buffer) => {
    output.stdout += chunk.toString()
  })
  child.stderr.on('data', (chunk: Buffer) => {
    output.stderr += chunk.toString()
  })
  let ended = false
  const exited = once(child, 'close').then(([code, signal]) => {
    ended = true
    return { code: code as number | null, signal: signal as NodeJS.Signals | null }
  })
  const says = async (pattern: RegExp): Promise<RegExpExecArray> => {
    for (;;) {
      const match = pattern.exec(output.stdout) ?? pattern.exec(output.stderr)
      if (match !== null) return match
      if (ended) throw new Error(`ended without ${pattern}: ${output.stdout}${output.stderr}`)
      await new Promise(resolve => setTimeout(resolve, 10))
    }
  }
  return { child, stdout: () => output.stdout, stderr: () => output.stderr, says, exited }
}
