import type { ChildProcess } from 'node:child_process'
import type { Logger } from 'pino'
import { sleep, systemClock } from '../plugin/clock.ts'
import type { HealthReport } from '../plugin/health.ts'
import type { ComponentEndpoints } from '../service/running-pipelines.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { countersOf, type MetricsSnapshot } from '../telemetry/snapshot.ts'
import type { Answers, Question, WorkerStart } from './messages.ts'
import { describeEnd, type WorkerEnd, WorkerLink } from './worker-link.ts'

const FIRST_DELAY_MS = 100
const DELAY_MS_MAX = 30_000
/** A worker that ran for so long has not been started in vain. */
const STEADY_MS = 60_000

export interface WorkerSlotOptions {
  readonly index: number
  readonly fork: () => ChildProcess
  /** Asked for each process: the config may be another by then. */
  readonly start: () => WorkerStart
  readonly logger: Logger
  readonly metrics: Metrics
  readonly firstDelayMs?: number
}

/** What `/stats` and `/health` say of a worker as such. */
export interface WorkerState {
  readonly worker: number
  readonly pid: number | undefined
  /** `down`: it has ended and is about to be started again. `silent`: it does not answer. */
  readonly status: 'starting' | 'up' | 'silent' | 'down'
  readonly restarts: number
}

/**
 * The place of one worker: a process runs in it, and when that ends by itself another one is started
 * after a wait that doubles while they keep ending. What the former ones counted is kept.
 */
export class WorkerSlot {
  readonly #options: WorkerSlotOptions
  readonly #stopping = new AbortController()
  #link: WorkerLink | undefined
  #status: WorkerState['status'] = 'starting'
  #restarts = 0
  #keeping: Promise<void> = Promise.resolve()
  #wellEnded = true
  /** Has a process ever come up? */
  #hasStarted = false
  /** What processes counted that have ended, and the present one when it was last asked. */
  #past: MetricsSnapshot = []
  #last: MetricsSnapshot = []
  /** Undefined while it does not say. */
  health: HealthReport | undefined

  constructor(options: WorkerSlotOptions) {
    this.#options = options
  }

  get index(): number {
    return this.#options.index
  }

  state(): WorkerState {
    const pid = this.#link?.pid
    return { worker: this.index, pid, status: this.#status, restarts: this.#restarts }
  }

  /** Rejects, with the process gone, when it cannot start; what ends later is started again. */
  async start(): Promise<readonly ComponentEndpoints[]> {
    const { link, endpoints } = this.#fork()
    this.#keeping = this.#keep(link)
    try {
      return await endpoints
    } catch (cause) {
      throw new Error(`worker ${this.index}: ${(cause as Error).message}`, { cause })
    }
  }

  /** Rejects when there is no process at this moment, and as WorkerLink does. */
  async ask<Q extends Question>(question: Q, timeoutMs: number): Promise<Answers[Q['what']]> {
    if (this.#link === undefined) throw new Error('the worker is being started again')
    return await this.#link.ask(question, timeoutMs)
  }

  /** Resolves when the present process, if there is one, listens or has ended. */
  async settled(): Promise<void> {
    await this.#link?.started.catch(() => undefined)
  }

  /** Asks how it is, and for what it counted if `withMetrics`. Never rejects. */
  async look(timeoutMs: number, withMetrics: boolean): Promise<void> {
    const link = this.#link
    if (link === undefined || this.#status === 'starting') return
    try {
      const health = await link.ask({ what: 'health' }, timeoutMs)
      const metrics = withMetrics ? await link.ask({ what: 'metrics' }, timeoutMs) : this.#last
      if (this.#link !== link) return
      this.#last = metrics
      this.health = health
      this.#status = 'up'
    } catch {
      if (this.#link !== link) return
      this.health = undefined
      this.#status = 'silent'
    }
    this.#tellUp()
  }

  /** What it counted: all of it when it has just answered, else its counters. */
  async metrics(): Promise<MetricsSnapshot[]> {
    const last = this.#status === 'up' ? this.#last : await countersOf(this.#last)
    return [this.#past, last]
  }

  /** True when it ended as asked, with everything accepted finished. After it nothing is started. */
  async stop(): Promise<boolean> {
    this.#stopping.abort()
    this.#link?.stop()
    await this.#keeping
    return this.#wellEnded
  }

  /** Ends the present process, so that another one is started. */
  replace(): void {
    this.#link?.kill()
  }

  kill(): void {
    this.#stopping.abort()
    this.#link?.kill()
  }

  #fork(): { link: WorkerLink; endpoints: Promise<readonly ComponentEndpoints[]> } {
    const { fork, start } = this.#options
    this.#status = 'starting'
    const link = new WorkerLink(fork(), start())
    this.#link = link
    // A stop that came before the process listened was not heard.
    const endpoints = link.started.then(at => {
      this.#status = 'up'
      this.#hasStarted = true
      this.#tellUp()
      if (this.#stopping.signal.aborted) link.stop()
      return at
    })
    endpoints.catch(() => undefined)
    return { link, endpoints }
  }

  /** Until the stop: waits for the end of a process and starts the next one. */
  async #keep(first: WorkerLink): Promise<void> {
    const { signal } = this.#stopping
    const { firstDelayMs = FIRST_DELAY_MS } = this.#options
    let delayMs = firstDelayMs
    let link = first
    for (;;) {
      const startedAtMs = performance.now()
      const end = await link.ended
      await this.#onEnd(link)
      if (signal.aborted) this.#wellEnded = end.code === 0
      if (signal.aborted || !this.#hasStarted) return
      if (performance.now() - startedAtMs >= STEADY_MS) delayMs = firstDelayMs
      this.#tell(link, end, delayMs)
      // An end of the wait by the stop is fine as well.
      if (!(await sleep(systemClock, delayMs, signal))) return
      delayMs = Math.min(delayMs * 2, DELAY_MS_MAX)
      this.#restarts++
      link = this.#fork().link
    }
  }

  async #onEnd(link: WorkerLink): Promise<void> {
    this.#link = undefined
    this.#status = 'down'
    this.health = undefined
    this.#tellUp()
    const last = link.lastMetrics ?? this.#last
    this.#last = []
    this.#past = await countersOf(this.#past, last)
  }

  #tell(link: WorkerLink, end: WorkerEnd, delayMs: number): void {
    const { logger, metrics } = this.#options
    const reason = end.signal ?? (end.fault === undefined ? 'exit' : 'fault')
    metrics.workerRestarts.labels(String(this.index), reason).inc()
    logger.error(
      { worker: this.index, worker_pid: link.pid, code: end.code, signal: end.signal },
      `worker ${this.index}: ${describeEnd(end)}; another one is started in ${delayMs} ms, its queue goes on there`,
    )
  }

  #tellUp(): void {
    this.#options.metrics.workerUp.labels(String(this.index)).set(this.#status === 'up' ? 1 : 0)
  }
}
