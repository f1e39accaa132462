import { memoryUsage } from 'node:process'
import { getHeapStatistics } from 'node:v8'
import type { PluginContext } from '../plugin/component.ts'
import { PipelineError } from '../plugin/pipeline-error.ts'
import { retryAfterMs } from '../plugin/retry-after.ts'
import { RepeatedLog } from '../telemetry/repeated-log.ts'
import type { MemoryLimiterConfig } from './config.ts'
import { type ForcedGc, sharedGc } from './forced-gc.ts'
import { type Limits, resolveLimits } from './limits.ts'
import { MemoryGate, type MemoryReading } from './memory-gate.ts'
import { totalMemoryBytes } from './total-memory.ts'

const MIB = 1024 ** 2

/** The outside world, for tests. */
export interface MemoryLimiterEnvironment {
  readonly read: () => MemoryReading
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number
  readonly gc: ForcedGc
  readonly totalBytes: () => number
  readonly heapLimitBytes: number
}

/**
 * What the processor and the extension `memory_limiter` have in common: a gate that is measured by
 * the clock and by what is let through, its refusals, and the guard at the door of the process.
 */
export class MemoryLimiter {
  readonly #config: MemoryLimiterConfig
  readonly #context: PluginContext
  readonly #now: () => number
  readonly #limits: Limits
  readonly #totalBytes: number
  readonly #gate: MemoryGate
  readonly #log: RepeatedLog
  #refusingSinceMs = 0
  #timer: NodeJS.Timeout | undefined
  #leaveDoor: (() => void) | undefined

  constructor(
    config: MemoryLimiterConfig,
    context: PluginContext,
    environment: MemoryLimiterEnvironment = processEnvironment(),
  ) {
    this.#config = config
    this.#context = context
    this.#now = environment.now
    this.#totalBytes = environment.totalBytes()
    this.#limits = resolveLimits(config, this.#totalBytes)
    this.#log = new RepeatedLog(context.logger)
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

  /**
   * Measures from now on, and stands guard at the door. `countsAtDoor`: what comes in there is let
   * through; otherwise it is only looked at, and counted when `admit` is asked for it.
   */
  start({ countsAtDoor }: { readonly countsAtDoor: boolean }): void {
    const { kind, id, door, logger } = this.#context
    const { hardBytes, softBytes } = this.#limits
    const figures = { limit_mib: hardBytes / MIB, refuse_from_mib: softBytes / MIB }
    if (hardBytes > this.#totalBytes) {
      logger.warn(
        { ...figures, available_mib: this.#totalBytes / MIB },
        'the limit is more than the memory there is: the process is killed before it is reached',
      )
    } else {
      logger.debug(figures, 'memory is limited')
    }
    this.#gate.check()
    this.#timer = setInterval(() => this.#gate.check(), this.#config.check_interval)
    this.#timer.unref()
    this.#leaveDoor = door.addGuard(`${kind} ${id}`, bytes => this.admit(countsAtDoor ? bytes : 0))
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#leaveDoor?.()
    this.#log.flush()
  }

  /** Undefined = there is memory for `bytes`, otherwise the refusal, retryable. */
  admit(bytes: number): PipelineError | undefined {
    const refusal = this.#gate.admit(bytes)
    if (refusal === undefined) return undefined
    const behindMs = this.#now() - this.#refusingSinceMs
    return PipelineError.retryable(`out of memory for now: ${refusal}`, {
      code: 'unavailable',
      reason: 'memory_limit',
      retryAfterMs: retryAfterMs(Math.max(behindMs, this.#config.check_interval)),
    })
  }

  #onChange(refusing: boolean, why: string): void {
    if (refusing) {
      this.#refusingSinceMs = this.#now()
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
