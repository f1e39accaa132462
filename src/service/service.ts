import type { Logger } from 'pino'
import type { ServiceConfig } from '../config/service-config.ts'
import type { ComponentChanges } from '../pipeline/changes.ts'
import { untilAborted } from '../plugin/abort.ts'
import { Authenticators } from '../plugin/authenticator.ts'
import { Door } from '../plugin/door.ts'
import { type HealthReport, worstStatus } from '../plugin/health.ts'
import { StatusBoard } from '../plugin/status-board.ts'
import { EventLoopLag } from '../telemetry/event-loop-lag.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import {
  type MetricsSnapshot,
  type MetricsText,
  metricsText,
  takeSnapshot,
} from '../telemetry/snapshot.ts'
import { version } from '../telemetry/version.ts'
import { AdminServer } from './admin-server.ts'
import { componentStats } from './component-stats.ts'
import { withDeadline } from './deadline.ts'
import { Extensions } from './extensions.ts'
import { ExtensionsChange } from './extensions-change.ts'
import type { ReloadOutcome } from './reloader.ts'
import type { ComponentEndpoints, PipelinesFactory, RunningPipelines } from './running-pipelines.ts'
import { changeTelemetry } from './telemetry-change.ts'

type Phase = 'starting' | 'ok' | 'stopping' | 'stopped'

export interface ServiceOptions {
  readonly config: ServiceConfig
  /** Absent: every pipeline of the config. */
  readonly role?: string | undefined
  readonly createPipelines: PipelinesFactory
  readonly logger: Logger
  readonly metrics: Metrics
  /** Longest time for `stop` to drain, and for one part to be replaced, in milliseconds. */
  readonly shutdownTimeoutMs: number
  /** false: `/metrics`, `/health` and `/stats` are served by another process. */
  readonly hasAdmin?: boolean
  /** Answers `POST /reload`; absent: there is no such path. */
  readonly reload?: () => Promise<ReloadOutcome>
}

/**
 * One process' worth of Parsec. Start: telemetry, extensions, pipelines; stop: the reverse, so that
 * health can be asked from the first moment to the last.
 */
export class Service {
  readonly #options: ServiceOptions
  readonly #status = new StatusBoard()
  readonly #lag = new EventLoopLag()
  readonly #door = new Door()
  readonly #authenticators = new Authenticators()
  readonly #extensions: Extensions
  readonly #pipelines: RunningPipelines
  readonly #admin: AdminServer
  #phase: Phase = 'starting'
  #since = new Date().toISOString()
  #adminUrl: string | undefined
  #starting: Promise<void> | undefined
  #stopping: Promise<boolean> | undefined
  /** A reload under way, and what the last one still has to stop. Neither rejects. */
  #reloading: Promise<void> = Promise.resolve()
  #leaving: Promise<void> = Promise.resolve()
  #generation = 1
  #loadedAt = new Date().toISOString()

  /** Builds everything and opens nothing. Throws ConfigError for an unknown role. */
  constructor(options: ServiceOptions) {
    this.#options = options
    const { config, role, logger, metrics } = options
    const status = this.#status
    const health = (): HealthReport => this.health()
    const shared = { logger, metrics, door: this.#door, authenticators: this.#authenticators }
    this.#extensions = new Extensions({ ...shared, config, status, health })
    this.#pipelines = options.createPipelines(config, { ...shared, role, statusBoard: status })
    const stats = (): Promise<object> => this.stats()
    const { reload } = options
    const scrape = (): Promise<MetricsText> => this.#metricsText()
    this.#admin = new AdminServer({ logger, metrics: scrape, health, stats, reload })
  }

  /** True from the end of the start to the begin of the stop, whatever its components say. */
  get isRunning(): boolean {
    return this.#phase === 'ok'
  }

  /** Where `/metrics`, `/health` and `/stats` are; undefined when they are not served. */
  get adminUrl(): string | undefined {
    return this.#adminUrl
  }

  /** Receivers first, then extensions; only those that listen. */
  endpoints(): ComponentEndpoints[] {
    return [...this.#pipelines.endpoints(), ...this.#extensions.endpoints()].filter(
      ({ endpoints }) => endpoints.length > 0,
    )
  }

  /** Rejects with what could not be started; what had been started is stopped again before. */
  async start(): Promise<void> {
    this.#starting ??= this.#start()
    await this.#starting
  }

  /**
   * Takes no more, finishes what was accepted, and ends; the same promise for every caller. True
   * when all of it was done in time. Never rejects, never takes much longer than the deadline.
   */
  async stop(): Promise<boolean> {
    this.#stopping ??= this.#stop()
    return await this.#stopping
  }

  /**
   * Goes over to another config, which has been checked. Resolves when all of it runs; what is no
   * longer used goes on draining. Rejects, with the old config running, when a component cannot be
   * created or started, and while the service stops. One call at a time.
   */
  async reload(config: ServiceConfig): Promise<ComponentChanges> {
    const changing = this.#reload(config)
    this.#reloading = Promise.allSettled([this.#reloading, changing]).then(() => undefined)
    return await changing
  }

  health(): HealthReport {
    const components = this.#status.report()
    const worst = worstStatus(components.map(({ status }) => status))
    const isRunning = this.#phase === 'ok'
    const own: HealthReport = {
      status: isRunning ? worst : this.#phase,
      ready: isRunning && worst !== 'permanent_error',
      since: this.#since,
      components,
    }
    return this.#pipelines.workers?.health(own) ?? own
  }

  /** The metrics of this process, for another one that adds them up. */
  async metrics(): Promise<MetricsSnapshot> {
    return await takeSnapshot(this.#options.metrics, this.#lag)
  }

  /** What `/stats` shows. Sizes in bytes, times in seconds. */
  async stats(): Promise<object> {
    const { rss, heapUsed, heapTotal, external, arrayBuffers } = process.memoryUsage()
    const own = {
      version,
      node: process.version,
      pid: process.pid,
      status: this.health().status,
      config: { generation: this.#generation, loaded_at: this.#loadedAt },
      uptime_seconds: process.uptime(),
      memory: { rss, heap_used: heapUsed, heap_total: heapTotal, external, buffers: arrayBuffers },
      event_loop_lag_seconds: this.#lag.get(),
      door: this.#door.stats(),
      ...this.#pipelines.stats(),
      ...(await componentStats(this.#options.metrics, this.#status.report())),
    }
    return (await this.#pipelines.workers?.stats(own)) ?? own
  }

  async #metricsText(): Promise<MetricsText> {
    const { workers } = this.#pipelines
    if (workers !== undefined) return await workers.metrics(await this.metrics())
    return await metricsText(this.#options.metrics, this.#lag)
  }

  async #start(): Promise<void> {
    const { level, endpoint } = this.#options.config.telemetry.metrics
    try {
      const isServed = this.#options.hasAdmin !== false && level !== 'none'
      if (isServed) this.#adminUrl = await this.#admin.start(endpoint)
      await this.#unlessStopping(() => this.#extensions.start())
      await this.#unlessStopping(() => this.#pipelines.start())
      if (this.#stopping === undefined) this.#enter('ok')
    } catch (error) {
      // A stop that is under way waits for this very start, and then stops the parts itself.
      if (this.#stopping === undefined) {
        this.#stopping = this.#stopParts()
        await this.#stopping
      }
      throw error
    }
  }

  async #unlessStopping(step: () => Promise<void>): Promise<void> {
    if (this.#stopping === undefined) await step()
  }

  async #reload(config: ServiceConfig): Promise<ComponentChanges> {
    const { shutdownTimeoutMs: timeoutMs, logger } = this.#options
    const pipelines = await this.#unlessStopped(async () => {
      await this.#starting
      // What the change before still has to stop may hold what this one opens.
      await this.#leaving
      return await this.#pipelines.prepare(config, timeoutMs)
    })
    const extensions = new ExtensionsChange(this.#extensions, config, logger)
    await this.#unlessStopped(() => extensions.apply(AbortSignal.timeout(timeoutMs)))
    try {
      const { drained } = await this.#unlessStopped(() => pipelines.apply())
      // An extension may serve what still drains.
      this.#leaving = drained.then(() => extensions.finish(AbortSignal.timeout(timeoutMs)))
    } catch (thrown) {
      await extensions.undo(AbortSignal.timeout(timeoutMs))
      throw thrown
    }
    changeTelemetry(this.#options.config.telemetry, config.telemetry, logger)
    if (
      config.worker === undefined &&
      config.workers.count !== this.#options.config.workers.count
    ) {
      logger.warn('a change of service::workers needs a restart')
    }
    this.#generation++
    this.#loadedAt = new Date().toISOString()
    return joinChanges(extensions.changes, pipelines.changes)
  }

  async #unlessStopped<T>(step: () => Promise<T>): Promise<T> {
    if (this.#stopping !== undefined) throw new Error('the service is stopping')
    return await step()
  }

  async #stop(): Promise<boolean> {
    // A stop in the middle of the start, or of a reload, waits for the step under way: it cannot be
    // undone halfway.
    const { shutdownTimeoutMs } = this.#options
    const started = Promise.resolve(this.#starting).catch(() => undefined)
    await withDeadline(shutdownTimeoutMs, () => started.then(() => this.#reloading))
    return await this.#stopParts()
  }

  async #stopParts(): Promise<boolean> {
    const { shutdownTimeoutMs, logger } = this.#options
    this.#enter('stopping')
    let isClean = true
    const inTime = await withDeadline(shutdownTimeoutMs, async deadline => {
      isClean = await this.#attempt('pipelines', () => this.#pipelines.stop(deadline))
      await untilAborted(this.#leaving, deadline)
      await this.#attempt('extensions', () => this.#extensions.stop(deadline))
      await this.#attempt('admin server', () => this.#admin.stop(deadline))
    })
    this.#lag.stop()
    this.#enter('stopped')
    if (!inTime) {
      logger.error({ timeout_ms: shutdownTimeoutMs }, 'not everything could be finished in time')
    }
    return inTime && isClean
  }

  async #attempt(what: string, step: () => Promise<void>): Promise<boolean> {
    try {
      await step()
      return true
    } catch (err) {
      this.#options.logger.error({ err }, `${what} did not stop cleanly`)
      return false
    }
  }

  #enter(phase: Phase): void {
    this.#phase = phase
    this.#since = new Date().toISOString()
  }
}

function joinChanges(
  extensions: ExtensionsChange['changes'],
  { kept, added, changed, rewired, removed }: ComponentChanges,
): ComponentChanges {
  return {
    kept: [...extensions.kept, ...kept],
    added: [...extensions.added, ...added],
    changed: [...extensions.changed, ...changed],
    rewired,
    removed: [...extensions.removed, ...removed],
  }
}
