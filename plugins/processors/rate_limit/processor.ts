import {
  type Clock,
  type Consumer,
  type LogBatch,
  PipelineError,
  type PluginContext,
  type Processor,
  RepeatedLog,
} from '#core'
import { loadsOf } from './batch-loads.ts'
import type { RateLimitConfig } from './config.ts'
import { KeyLabels } from './key-labels.ts'
import { KeyLimits, type Load } from './key-limits.ts'

/**
 * Refuses batches of those who send more than they may, and says when to come again; nobody else
 * notices. Nothing is dropped: a refused batch is with its sender.
 */
export class RateLimitProcessor implements Processor {
  readonly #config: RateLimitConfig
  readonly #context: PluginContext
  readonly #next: Consumer
  readonly #limits: KeyLimits
  readonly #labels: KeyLabels
  readonly #log: RepeatedLog

  constructor(config: RateLimitConfig, context: PluginContext, next: Consumer, clock?: Clock) {
    this.#config = config
    this.#context = context
    this.#next = next
    this.#limits = new KeyLimits({
      limit: config,
      limits: config.limits,
      burstMs: config.burst,
      keysMax: config.keys_max,
      ...(clock === undefined ? {} : { clock }),
    })
    this.#labels = new KeyLabels(config.metric_keys_max, context.metrics, context.id)
    this.#log = new RepeatedLog(context.logger)
  }

  async consume(batch: LogBatch, signal: AbortSignal): Promise<void> {
    const loads = loadsOf(batch, this.#config.keys)
    const { waitMs, key } = this.#limits.take(loads)
    this.#count(loads, waitMs === 0 ? 'accepted' : 'refused')
    if (waitMs > 0) throw this.#refusal(batch, key, waitMs)
    await this.#next.consume(batch, signal)
  }

  async stop(): Promise<void> {
    this.#log.flush()
  }

  #count(loads: ReadonlyMap<string, Load>, outcome: 'accepted' | 'refused'): void {
    const { id: processor, metrics } = this.#context
    for (const [key, { records, bytes }] of loads) {
      const labels = { processor, key: this.#labels.of(key), outcome }
      metrics.rateLimitRecords.labels(labels).inc(records)
      metrics.rateLimitBytes.labels(labels).inc(bytes)
    }
  }

  #refusal({ context, count }: LogBatch, key: string, retryAfterMs: number): PipelineError {
    const name = this.#config.keys.join(',')
    const fields = { request_id: context.requestId, key, count, retry_after_ms: retryAfterMs }
    this.#log.log('warn', 'refused', fields, 'refused records over the rate limit')
    return PipelineError.retryable(`over the rate limit of ${name} ${JSON.stringify(key)}`, {
      code: 'resource_exhausted',
      reason: 'rate_limited',
      retryAfterMs,
    })
  }
}
