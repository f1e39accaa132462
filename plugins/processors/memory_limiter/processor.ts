import {
  type Consumer,
  type LogBatch,
  MemoryLimiter,
  type MemoryLimiterConfig,
  type PluginContext,
  type Processor,
} from '#core'

/**
 * Refuses batches, retryably, while memory is short. Belongs first in every pipeline. While it
 * refuses, receivers refuse at their door already; what was on its way in is refused here.
 */
export class MemoryLimiterProcessor implements Processor {
  readonly #limiter: MemoryLimiter
  readonly #next: Consumer
  readonly #accepted: { inc(records: number): void }
  readonly #refused: { inc(records: number): void }

  constructor(
    config: MemoryLimiterConfig,
    context: PluginContext,
    next: Consumer,
    limiter: MemoryLimiter = new MemoryLimiter(config, context),
  ) {
    this.#limiter = limiter
    this.#next = next
    this.#accepted = context.metrics.memoryLimiterAccepted.labels({ processor: context.id })
    this.#refused = context.metrics.memoryLimiterRefused.labels({ processor: context.id })
  }

  async start(): Promise<void> {
    this.#limiter.start({ countsAtDoor: false })
  }

  async stop(): Promise<void> {
    this.#limiter.stop()
  }

  async consume(batch: LogBatch, signal: AbortSignal): Promise<void> {
    const refusal = this.#limiter.admit(batch.memoryBytes)
    if (refusal !== undefined) {
      this.#refused.inc(batch.count)
      throw refusal
    }
    this.#accepted.inc(batch.count)
    await this.#next.consume(batch, signal)
  }
}
