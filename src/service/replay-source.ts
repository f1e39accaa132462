import type { Logger } from 'pino'
import type { ServiceConfig } from '../config/service-config.ts'
import type { Condition } from '../ottl/condition.ts'
import { buildPipelines, type PipelinesStats } from '../pipeline/pipelines.ts'
import { sharedController } from '../plugin/abort.ts'
import { type Clock, sleep, systemClock } from '../plugin/clock.ts'
import { Door } from '../plugin/door.ts'
import { PipelineError } from '../plugin/pipeline-error.ts'
import type {
  ReplayCounts,
  ReplayRequest,
  ReplayStep,
  SourceReplay,
} from '../plugin/source-replay.ts'
import { StatusBoard } from '../plugin/status-board.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { startCredentials } from './exporter-credentials.ts'
import { replayConfig } from './replay-config.ts'
import { ReplayFilter } from './replay-filter.ts'
import { type ReplayedRange, ReplayState } from './replay-state.ts'

export interface ReplaySourceOptions {
  readonly config: ServiceConfig
  /** Id of a receiver whose plugin can replay. */
  readonly receiver: string
  readonly request: ReplayRequest
  /** Only records for which it holds; absent: all of them. */
  readonly filter?: Condition | undefined
  /** Where it is written down how far the replay has come; absent: nowhere. */
  readonly stateFile?: string | undefined
  /** Log records a second; absent: as fast as the destinations take them. */
  readonly rate?: number | undefined
  /** Without a batch done for so long, it is given up. */
  readonly timeoutMs: number
  /** Look only. */
  readonly dryRun: boolean
  readonly logger: Logger
  readonly metrics: Metrics
  readonly clock?: Clock
  readonly signal: AbortSignal
  readonly onPlan: (ranges: readonly ReplayedRange[]) => void
  readonly onStep: (step: ReplayStep) => void
  /** What it waits for; undefined: no longer. */
  readonly onTrouble: (detail: string | undefined) => void
}

export interface ReplayReport {
  readonly ranges: readonly ReplayedRange[]
  /** Without the records that do not match. */
  readonly counts: ReplayCounts
  /** Records that the filter left out. */
  readonly unmatched: number
  readonly exporters: PipelinesStats['exporters']
  /** Why it has not come to its end. */
  readonly error?: PipelineError
}

const STOP_MS = 10_000
const NOTHING: ReplayCounts = { messages: 0, records: 0, deadLettered: 0, dropped: 0 }

/**
 * Feeds a part of a receiver's source through its pipelines again. Resolves also when it had to stop
 * on the way, with what is done and what is not. Rejects when it cannot begin.
 */
export async function replaySource(options: ReplaySourceOptions): Promise<ReplayReport> {
  const { config, receiver, request, filter, logger, metrics } = options
  let replay: SourceReplay | undefined
  let filtering: ReplayFilter | undefined
  const plugin = config.receivers.get(receiver)!.plugin
  const reduced = replayConfig(config, receiver, (own, context, next) => {
    filtering = filter && new ReplayFilter(filter, next)
    replay = plugin.replay!(own, context, filtering ?? next, request)
    return {}
  })
  const exporters = reduced.pipelines.flatMap(pipeline => pipeline.exporters)
  const credentials = await startCredentials(reduced, exporters, { logger, metrics })
  try {
    const pipelines = buildPipelines(reduced, {
      logger,
      metrics,
      authenticators: credentials.authenticators,
      door: new Door(),
      statusBoard: new StatusBoard(),
    })
    const run = new Run(options, replay!, () => filtering?.unmatched ?? 0)
    await run.plan()
    if (!options.dryRun && run.hasWork) {
      await pipelines.start()
      await run.run()
      await pipelines.stop(AbortSignal.timeout(STOP_MS))
    }
    return { ...run.report(), exporters: pipelines.stats().exporters }
  } finally {
    await replay?.close()
    await credentials.stop(AbortSignal.timeout(STOP_MS))
  }
}

class Run {
  readonly #options: ReplaySourceOptions
  readonly #replay: SourceReplay
  /** Records that were left out so far. */
  readonly #countUnmatched: () => number
  readonly #clock: Clock
  /** Aborts when it takes too long, or is told to stop. */
  readonly #stop = sharedController()
  #ranges: ReplayedRange[] = []
  #state: ReplayState | undefined
  #counts = NOTHING
  #unmatched = 0
  #error: PipelineError | undefined
  #trouble: string | undefined
  #stopWaiting = (): void => {}

  constructor(options: ReplaySourceOptions, replay: SourceReplay, countUnmatched: () => number) {
    this.#options = options
    this.#replay = replay
    this.#countUnmatched = countUnmatched
    this.#clock = options.clock ?? systemClock
  }

  get hasWork(): boolean {
    return this.#ranges.some(({ done, to }) => done < to)
  }

  report(): Omit<ReplayReport, 'exporters'> {
    const error = this.#error
    return {
      ranges: this.#ranges,
      counts: this.#counts,
      unmatched: this.#unmatched,
      ...(error === undefined ? {} : { error }),
    }
  }

  /** What was written down before goes on; else the source is asked. */
  async plan(): Promise<void> {
    const { stateFile, receiver, request, filter, dryRun, onPlan } = this.#options
    if (stateFile !== undefined) {
      const source = await this.#replay.source()
      this.#state = new ReplayState(stateFile, {
        source,
        receiver,
        request,
        filter: filter?.source,
      })
    }
    const known = await this.#state?.read()
    this.#ranges = known ?? (await this.#replay.plan()).map(one => ({ ...one, done: one.from }))
    // Before the first batch: a time may come to other offsets later.
    if (known === undefined && !dryRun) await this.#state?.write(this.#ranges)
    onPlan(this.#ranges)
  }

  /** Resolves whatever happens; see `report`. */
  async run(): Promise<void> {
    const { signal, onTrouble } = this.#options
    const abort = (): void => this.#stop.abort(signal.reason)
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort)
    const left = this.#ranges.filter(({ done, to }) => done < to)
    const ranges = left.map(({ done, ...range }) => ({ ...range, from: done }))
    const startMs = this.#clock.now()
    this.#beginWaiting()
    try {
      const listener = {
        onStep: (step: ReplayStep) => this.#step(step, startMs),
        onTrouble: (detail: string | undefined) => {
          if (detail === this.#trouble) return
          this.#trouble = detail
          onTrouble(detail)
        },
      }
      await this.#replay.run(ranges, listener, this.#stop.signal)
    } catch (thrown) {
      this.#error = PipelineError.from(thrown)
    } finally {
      this.#stopWaiting()
      signal.removeEventListener('abort', abort)
    }
  }

  async #step({ counts, ...rest }: ReplayStep, startMs: number): Promise<void> {
    const { rate, onStep } = this.#options
    this.#stopWaiting()
    // For the receiver a record that is left out is accepted.
    this.#unmatched = this.#countUnmatched()
    this.#counts = { ...counts, records: counts.records - this.#unmatched }
    const step = { ...rest, counts: this.#counts }
    this.#ranges.find(({ partition }) => partition === step.partition)!.done = step.done
    await this.#state?.write(this.#ranges)
    onStep(step)
    if (rate !== undefined) {
      const dueMs = startMs + (step.counts.records / rate) * 1000
      await sleep(this.#clock, Math.max(0, dueMs - this.#clock.now()), this.#stop.signal)
    }
    this.#beginWaiting()
  }

  #beginWaiting(): void {
    const { timeoutMs } = this.#options
    this.#stopWaiting = this.#clock.after(timeoutMs, () => {
      const why = this.#trouble ?? 'nothing has come, and nobody has said why'
      const message = `no batch was done for ${timeoutMs / 1000} s: ${why}`
      this.#stop.abort(PipelineError.retryable(message, { code: 'deadline_exceeded' }))
    })
  }
}
