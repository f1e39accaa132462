import { memoryUsage } from 'node:process'
import { getHeapStatistics } from 'node:v8'
import type { Consumer, LogBatch, PluginContext, Processor } from '#core'
import { PipelineError, RepeatedLog } from '#core'
import type { MemoryLimiterConfig } from './config.ts'
import { type ForcedGc, sharedGc } from './forced-gc.ts'
import { type Limits, resolveLimits } from './limits.ts'
import { MemoryGate, type MemoryReading } from './memory-gate.ts'
import { totalMemoryBytes } from './total-memory.ts'

const MIB = 1024 ** 2
const RETRY_AFTER_MS_MIN = 1000

/** The outside world, for tests. */
export interface MemoryLimiterEnvironment {
  readonly read: () => MemoryReading
  readonly now: () => number
  readonly gc: ForcedGc
  readonly totalBytes: () => number
  readonly heapLimitBytes: number
}

/** Refuses batches, retryably, while memory is short. Belongs first in every pipeline. */
export class MemoryLimiterProcessor implements Processor {
  readonly #config: MemoryLimiterConfig
  readonly #context: PluginContext
  readonly #next: Consumer
  readonly #limits: Limits
  readonly #totalBytes: number
  readonly #gate: MemoryGate
  readonly #log: RepeatedLog
  readonly #accepted: { inc(records: number): void }
  readonly #refused: { inc(records: number): void }
  #timer: NodeJS.Timeout | undefined

  constructor(
    config: MemoryLimiterConfig,
    context: PluginContext,
    next: Consumer,
    environment: MemoryLimiterEnvironment = processEnvironment(),
  ) {
    this.#config = config
    this.#context = context
    this.#next = next
    this.#totalBytes = environment.totalBytes()
    this.#limits = resolveLimits(config, this.#totalBytes)
    this.#log = new RepeatedLog(context.logger)
    this.#accepted = context.metrics.memoryLimiterAccepted.labels({ processor: context.id })
    this.#refused = context.metrics.memoryLimiterRefused.labels({ processor: context.id })
    this.#gate = new MemoryGate({
      limits: this.#limits,
      checkIntervalMs: config.check_interval,
      gcSoft: {
        minMs: config.min_gc_interval_when_soft_limited,
        maxMs: config.max_gc_interval_when_soft_limited,
      },
      gcHard: {
        minMs: Math.max(config.min_gc_interval_when_hard_limited, config.check_interval),
        maxMs: config.max_gc_interval_when_hard_limited,
      },
      ...environment,
      onChange: (refusing, why) => this.#onChange(refusing, why),
    })
  }

  async start(): Promise<void> {
    const { hardBytes, softBytes } = this.#limits
    const figures = { limit_mib: hardBytes / MIB, refuse_from_mib: softBytes / MIB }
    if (hardBytes > this.#totalBytes) {
      this.#context.logger.warn(
        { ...figures, available_mib: this.#totalBytes / MIB },
        'the limit is more than the memory there is: the process is killed before it is reached',
      )
    } else {
      this.#context.logger.debug(figures, 'memory is limited')
    }
    this.#gate.check()
    this.#timer = setInterval(() => this.#gate.check(), this.#config.check_interval)
    this.#timer.unref()
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    this.#log.flush()
  }

  async consume(batch: LogBatch, signal: AbortSignal): Promise<void> {
    const refusal = this.#gate.admit(batch.memoryBytes)
    if (refusal !== undefined) {
      this.#refused.inc(batch.count)
      throw PipelineError.retryable(`out of memory for now: ${refusal}`, {
        code: 'unavailable',
        reason: 'memory_limit',
        retryAfterMs: Math.max(RETRY_AFTER_MS_MIN, this.#config.check_interval),
      })
    }
    this.#accepted.inc(batch.count)
    await this.#next.consume(batch, signal)
  }

  #onChange(refusing: boolean, why: string): void {
    if (refusing) {
      this.#context.reportStatus('recoverable_error', `refusing data: ${why}`)
      this.#log.log('warn', 'refusing', { why }, 'refusing data until memory is free')
    } else {
      this.#context.reportStatus('ok')
      this.#log.log('info', 'accepting', { why }, 'accepting data again')
    }
  }
}

function processEnvironment(): MemoryLimiterEnvironment {
  return {
    read: () => {
      const { rss, heapUsed, external } = memoryUsage()
      return { rssBytes: rss, heapUsedBytes: heapUsed, externalBytes: external }
    },
    now: () => performance.now(),
    gc: sharedGc,
    totalBytes: () => totalMemoryBytes(),
    heapLimitBytes: getHeapStatistics().heap_size_limit,
  }
}
