import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { ExecutionContext } from 'ava'
import { plugins } from '../../plugins/index.ts'
import { loadConfig } from '../../src/config/load.ts'
import { renderProblems } from '../../src/config/render-problem.ts'
import { buildPipelines } from '../../src/pipeline/pipelines.ts'
import { StatusBoard } from '../../src/plugin/status-board.ts'
import { createTestContext } from '../../src/testing/index.ts'

/*
 * A process with pipelines in it, to be killed. Run as a program it takes its YAML from the first
 * argument, and says over IPC when it is ready; imported it starts that program.
 */

export interface PipelineChild {
  readonly child: ChildProcess
  /** Ends it as a crash would. */
  kill(): Promise<void>
}

/** Starts the process and waits until its pipelines have started. */
export async function startPipelineChild(
  t: ExecutionContext,
  yaml: string,
): Promise<PipelineChild> {
  const child = fork(fileURLToPath(import.meta.url), [yaml], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  t.teardown(() => kill(child))
  await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(([code]) => {
      throw new Error(`the child exited with ${code}`)
    }),
  ])
  return { child, kill: () => kill(child) }
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
}

async function main(yaml: string): Promise<void> {
  const { config, problems } = await loadConfig({ sources: [`yaml:${yaml}`], plugins, env: {} })
  if (config === undefined) throw new Error(renderProblems(problems))
  const { logger, metrics, door, authenticators } = createTestContext('exporter', 'child')
  const statusBoard = new StatusBoard()
  const pipelines = buildPipelines(config, { logger, metrics, door, authenticators, statusBoard })
  await pipelines.start()
  process.send?.('started')
}

if (process.argv[1] === fileURLToPath(import.meta.url) && process.send) {
  await main(process.argv[2] ?? '')
}
