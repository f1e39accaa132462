import type { PluginContext } from '#core'

/** As often as pg_partman does it; partitions are made days ahead. */
const INTERVAL_MS = 3_600_000
const RETRY_MS = 60_000

/** Runs the upkeep of the tables in the background, again and again until it is stopped. */
export class Keeper {
  readonly #upkeep: (signal: AbortSignal) => Promise<void>
  readonly #logger: PluginContext['logger']
  readonly #intervalMs: number
  readonly #stopped = new AbortController()
  #timer: NodeJS.Timeout | undefined
  #running: Promise<void> | undefined

  constructor(
    upkeep: (signal: AbortSignal) => Promise<void>,
    logger: PluginContext['logger'],
    intervalMs = INTERVAL_MS,
  ) {
    this.#upkeep = upkeep
    this.#logger = logger
    this.#intervalMs = intervalMs
  }

  /** Begins with a first run at once; does nothing when it has begun. */
  start(): void {
    if (this.#timer === undefined && this.#running === undefined) this.#run()
  }

  /** Ends a run under way and starts no other. */
  async stop(): Promise<void> {
    this.#stopped.abort()
    clearTimeout(this.#timer)
    await this.#running
  }

  #run(): void {
    const { signal } = this.#stopped
    this.#running = this.#upkeep(signal)
      .then(
        () => this.#intervalMs,
        (error: Error) => {
          const fields = { reason: error.message, retryInMs: RETRY_MS }
          if (!signal.aborted) this.#logger.warn(fields, 'upkeep of the tables failed')
          return Math.min(RETRY_MS, this.#intervalMs)
        },
      )
      .then(pauseMs => {
        this.#running = undefined
        if (signal.aborted) return
        this.#timer = setTimeout(() => this.#run(), pauseMs).unref()
      })
  }
}
