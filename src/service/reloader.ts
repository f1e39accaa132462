import type { Logger } from 'pino'
import type { LoadedConfig } from '../config/load.ts'
import { ConfigError, type Problem } from '../config/problem.ts'
import { renderProblems } from '../config/render-problem.ts'
import type { ServiceConfig } from '../config/service-config.ts'
import type { ComponentChanges } from '../pipeline/changes.ts'
import type { Metrics } from '../telemetry/metrics.ts'

/** How a reload ended; nothing has changed unless it is a `success`. */
export interface ReloadOutcome {
  /** `invalid`: the config has errors; `failed`: it is right but could not be run. */
  readonly result: 'success' | 'invalid' | 'failed'
  /** One line for people. */
  readonly message: string
  /** Of the config, warnings included. */
  readonly problems: readonly Problem[]
  readonly changes?: ComponentChanges
}

export interface ReloaderOptions {
  /** Reads and checks the config anew. */
  readonly load: () => Promise<LoadedConfig>
  /** Goes over to it. Rejects, with the old config running, when it cannot be run. */
  readonly apply: (config: ServiceConfig) => Promise<ComponentChanges>
  readonly logger: Logger
  readonly metrics: Metrics
}

/** Reads the config again when told to, one at a time, and says what came of it. */
export class Reloader {
  readonly #options: ReloaderOptions
  #running: Promise<ReloadOutcome> | undefined
  /** Asked for while one ran: it reads the files once more. */
  #next: Promise<ReloadOutcome> | undefined

  constructor(options: ReloaderOptions) {
    this.#options = options
    this.#succeeded()
  }

  /**
   * `trigger` is for the log. Whoever asks while a reload is under way gets the one after it. Never
   * rejects.
   */
  async reload(trigger: string): Promise<ReloadOutcome> {
    if (this.#running === undefined) return await this.#begin(trigger)
    this.#next ??= this.#running.then(() => {
      this.#next = undefined
      return this.#begin(trigger)
    })
    return await this.#next
  }

  async #begin(trigger: string): Promise<ReloadOutcome> {
    this.#options.logger.info(`${trigger}: reading the config again`)
    this.#running = this.#reload()
    try {
      return await this.#running
    } finally {
      this.#running = undefined
    }
  }

  async #reload(): Promise<ReloadOutcome> {
    const { metrics } = this.#options
    const outcome = await this.#attempt()
    this.#log(outcome)
    metrics.configReloads.labels(outcome.result).inc()
    if (outcome.result === 'success') this.#succeeded()
    else metrics.configReloadOk.set(0)
    return outcome
  }

  async #attempt(): Promise<ReloadOutcome> {
    let problems: readonly Problem[] = []
    try {
      const loaded = await this.#options.load()
      problems = loaded.problems
      if (loaded.config === undefined) throw new ConfigError(problems)
      const changes = await this.#options.apply(loaded.config)
      return { result: 'success', message: describe(changes), problems, changes }
    } catch (thrown) {
      const message = thrown instanceof Error ? thrown.message : String(thrown)
      if (!(thrown instanceof ConfigError)) return { result: 'failed', message, problems }
      return { result: 'invalid', message, problems: thrown.problems }
    }
  }

  #log({ result, message, problems }: ReloadOutcome): void {
    const { logger } = this.#options
    const details = renderProblems(problems)
    if (result === 'invalid') {
      logger.error(`the new config is not valid, the old one goes on:\n${details}`)
      return
    }
    if (details !== '') logger.warn(`the new config has warnings:\n${details}`)
    if (result === 'failed') {
      logger.error(`the new config cannot be run, the old one goes on: ${message}`)
    } else logger.info(message)
  }

  #succeeded(): void {
    const { metrics } = this.#options
    metrics.configReloadOk.set(1)
    metrics.configReloadTime.set(Date.now() / 1000)
  }
}

/** `config reloaded: added exporter a; kept receiver otlp, pipeline logs`. */
function describe(changes: ComponentChanges): string {
  const { kept, added, changed, rewired, removed } = changes
  const isSame = [added, changed, rewired, removed].every(labels => labels.length === 0)
  if (isSame) return 'config reloaded: nothing has changed'
  const parts = Object.entries({ added, changed, rewired, removed, kept })
    .filter(([, labels]) => labels.length > 0)
    .map(([kind, labels]) => `${kind} ${labels.join(', ')}`)
  return `config reloaded: ${parts.join('; ')}`
}
