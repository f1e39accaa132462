import { type Extension, MemoryLimiter, type MemoryLimiterConfig, type PluginContext } from '#core'

/**
 * The memory limiter for the whole process: nothing stands in the pipelines, and receivers refuse
 * requests before they read them.
 */
export class MemoryLimiterExtension implements Extension {
  readonly #limiter: MemoryLimiter

  constructor(
    config: MemoryLimiterConfig,
    context: PluginContext,
    limiter: MemoryLimiter = new MemoryLimiter(config, context),
  ) {
    this.#limiter = limiter
  }

  async start(): Promise<void> {
    this.#limiter.start({ countsAtDoor: true })
  }

  async stop(): Promise<void> {
    this.#limiter.stop()
  }
}
