import { parse } from 'yaml'
import type { LogBatch } from '../batch/log-batch.ts'
import { loadConfig } from '../config/load.ts'
import { renderProblems } from '../config/render-problem.ts'
import type { ServiceConfig } from '../config/service-config.ts'
import type { ExportChainOptions } from '../export/chain.ts'
import type { ComponentChanges } from '../pipeline/changes.ts'
import { buildPipelines, type Pipelines } from '../pipeline/pipelines.ts'
import type { Consumer } from '../plugin/consumer.ts'
import type { Plugin } from '../plugin/define-plugin.ts'
import { StatusBoard } from '../plugin/status-board.ts'
import type { LogSink } from './log-sink.ts'
import { createTestContext, type TestContext } from './test-context.ts'
import { createTestEnds } from './test-plugins.ts'

/** What the harness needs of a test: ava's `t` fits. */
export interface TearDown {
  teardown(fn: () => unknown): void
}

export interface RunOptions extends Pick<ExportChainOptions, 'clock' | 'random'> {
  readonly role?: string
  /** For `${env:NAME}`. */
  readonly env?: NodeJS.ProcessEnv
  /** How long the stop at the end of the test may take. */
  readonly stopMs?: number
}

/** Pipelines running in the test's own process. */
export interface PipelineRun {
  readonly pipelines: Pipelines
  readonly metrics: TestContext['metrics']
  readonly door: TestContext['door']
  /** For what stands under `auth`; extensions are not started here. */
  readonly authenticators: TestContext['authenticators']
  /** Every log line, parsed. */
  readonly lines: TestContext['lines']
  readonly statusBoard: StatusBoard
  /** Sends through the `test` receiver; settles with the verdict. */
  send(batch: LogBatch, signal?: AbortSignal, receiver?: string): Promise<void>
  /** What the `sink`, or another exporter of its kind, has got. */
  sink(id?: string): LogSink
  /** Goes over to another config, as a reload does; resolves when the old one has drained. */
  reload(yaml: string): Promise<ComponentChanges>
  /** Drains and stops; the teardown does it otherwise. */
  stop(deadline?: AbortSignal): Promise<void>
}

const NEVER = new AbortController().signal
const STOP_MS = 10_000

/**
 * Starts pipelines from YAML text, or a checked config, with `plugins` and the ends for tests:
 * receiver `test`, exporters `sink` (no queue) and `queued_sink`. YAML without a `service` section
 * is completed: every receiver (or `test`), every processor in its order, every exporter (or
 * `sink`) in one pipeline `logs`. Stops by itself at the end of the test. Throws with the rendered
 * problems when the config is wrong.
 */
export async function runPipeline(
  t: TearDown,
  config: string | ServiceConfig,
  plugins: readonly Plugin[] = [],
  options: RunOptions = {},
): Promise<PipelineRun> {
  const ends = createTestEnds()
  const checked =
    typeof config === 'string'
      ? await check(config, [...plugins, ...ends.plugins], options.env)
      : config
  const { logger, metrics, door, authenticators, lines } = createTestContext('exporter', 'pipeline')
  const statusBoard = new StatusBoard()
  const pipelines = buildPipelines(checked, {
    ...options,
    logger,
    metrics,
    door,
    authenticators,
    statusBoard,
  })
  let stopped: Promise<void> | undefined
  const stop = (deadline = AbortSignal.timeout(options.stopMs ?? STOP_MS)): Promise<void> => {
    stopped ??= pipelines.stop(deadline)
    return stopped
  }
  t.teardown(() => stop())
  await pipelines.start()
  return {
    pipelines,
    metrics,
    door,
    authenticators,
    lines,
    statusBoard,
    send: (batch, signal = NEVER, receiver = 'test') =>
      known<Consumer>(ends.entries, receiver).consume(batch, signal),
    reload: async yaml => {
      const next = await check(yaml, [...plugins, ...ends.plugins], options.env)
      const prepared = await pipelines.prepare(next, options.stopMs ?? STOP_MS)
      await (await prepared.apply()).drained
      return prepared.changes
    },
    sink: id => known(ends.sinks, id ?? [...ends.sinks.keys()][0] ?? 'sink'),
    stop,
  }
}

async function check(
  text: string,
  plugins: readonly Plugin[],
  env: NodeJS.ProcessEnv = {},
): Promise<ServiceConfig> {
  const sources = [`yaml:${text}`, `yaml:${JSON.stringify(completion(text))}`]
  const { config, problems } = await loadConfig({ sources, plugins, env })
  if (config === undefined) throw new Error(renderProblems(problems))
  return config
}

/** What a fragment needs to be a whole config; merged over it. */
function completion(text: string): object {
  const given = (parse(text) ?? {}) as Record<string, object | null | undefined>
  if (given['service'] !== undefined) return { service: {} }
  const ids = (section: string): string[] => Object.keys(given[section] ?? {})
  const receivers = ids('receivers')
  const exporters = ids('exporters')
  const logs = {
    receivers: receivers.length > 0 ? receivers : ['test'],
    processors: ids('processors'),
    exporters: exporters.length > 0 ? exporters : ['sink'],
  }
  return {
    receivers: receivers.length > 0 ? {} : { test: {} },
    exporters: exporters.length > 0 ? {} : { sink: {} },
    service: { pipelines: { logs } },
  }
}

function known<V>(map: ReadonlyMap<string, V>, id: string): V {
  const value = map.get(id)
  if (value !== undefined) return value
  throw new Error(`there is no ${id}; there are: ${[...map.keys()].join(', ') || 'none'}`)
}
