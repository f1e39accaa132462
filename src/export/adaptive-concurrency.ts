import type { LogBatch } from '../batch/log-batch.ts'
import { abortError } from '../plugin/abort.ts'
import type { Clock } from '../plugin/clock.ts'
import type { Consumer } from '../plugin/consumer.ts'
import { type ErrorCode, PipelineError } from '../plugin/pipeline-error.ts'
import { retryAfterMs } from '../plugin/retry-after.ts'
import {
  type AttemptOutcome,
  ConcurrencyController,
  type ConcurrencyControllerOptions,
} from './concurrency-controller.ts'

type Verdict = AttemptOutcome['verdict']

export interface AdaptiveConcurrencyOptions extends ConcurrencyControllerOptions {
  readonly clock: Clock
  /**
   * The longest that an attempt waits for its turn, in milliseconds; 0 = no bound. For senders that
   * wait themselves, and would give up before they hear a refusal.
   */
  readonly waitMsMax: number
  /** Told the limit at the start and whenever it changes. */
  readonly onLimit: (limit: number) => void
}

/** For `/stats`. */
export interface ConcurrencyStats {
  readonly limit: number
  readonly limit_max: number
  /** Attempts on their way, and those that wait for one to end. */
  readonly in_flight: number
  readonly waiting: number
  /** The usual round trip; absent before the first. */
  readonly rtt_ms?: number
}

/** Retryable failures by which a destination says that it has too much to do. */
const BACK_PRESSURE: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'resource_exhausted',
  'unavailable',
  'deadline_exceeded',
])

/**
 * `adaptive_concurrency`: fewer attempts at the same time towards a destination that slows down or
 * refuses, `num_consumers` again as it recovers. Stands before each attempt, so the waits between
 * the tries of one batch hold no place. The first to wait is the first to go.
 */
export class AdaptiveConcurrency implements Consumer {
  readonly #next: Consumer
  readonly #options: AdaptiveConcurrencyOptions
  readonly #controller: ConcurrencyController
  /** In the order of arrival; one that gives up leaves from the middle. */
  readonly #waiting = new Set<() => void>()
  #inFlight = 0

  constructor(next: Consumer, options: AdaptiveConcurrencyOptions) {
    this.#next = next
    this.#options = options
    this.#controller = new ConcurrencyController(options)
    options.onLimit(this.#controller.limit)
  }

  stats(): ConcurrencyStats {
    const { limit, usualRttMs } = this.#controller
    return {
      limit,
      limit_max: this.#options.limitMax,
      in_flight: this.#inFlight,
      waiting: this.#waiting.size,
      ...(usualRttMs === undefined ? {} : { rtt_ms: Math.round(usualRttMs) }),
    }
  }

  async consume(batch: LogBatch, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options
    if (this.#inFlight >= this.#controller.limit) await this.#waitForTurn(signal)
    else this.#inFlight++
    const startMs = clock.now()
    const inFlight = this.#inFlight
    let verdict: Verdict = 'taken'
    try {
      await this.#next.consume(batch, signal)
    } catch (thrown) {
      verdict = verdictOf(PipelineError.from(thrown))
      throw thrown
    } finally {
      this.#end({ startMs, inFlight, endMs: clock.now(), verdict })
    }
  }

  #end(outcome: AttemptOutcome): void {
    const before = this.#controller.limit
    this.#controller.finished(outcome)
    this.#inFlight--
    const { limit } = this.#controller
    if (limit !== before) this.#options.onLimit(limit)
    for (const go of this.#waiting) {
      if (this.#inFlight >= limit) return
      go()
    }
  }

  /** Has a place when it resolves. */
  async #waitForTurn(signal: AbortSignal): Promise<void> {
    if (signal.aborted) throw abortError(signal)
    const { clock, waitMsMax } = this.#options
    await new Promise<void>((resolve, reject) => {
      const leave = (): void => {
        cancelTimer()
        signal.removeEventListener('abort', giveUp)
        this.#waiting.delete(go)
      }
      const go = (): void => {
        leave()
        this.#inFlight++
        resolve()
      }
      const giveUp = (): void => {
        leave()
        reject(abortError(signal))
      }
      const tooLong = (): void => {
        leave()
        reject(tooSlow(this.#controller.limit, waitMsMax))
      }
      const cancelTimer = waitMsMax > 0 ? clock.after(waitMsMax, tooLong) : () => {}
      signal.addEventListener('abort', giveUp)
      this.#waiting.add(go)
    })
  }
}

function verdictOf({ retryable, code }: PipelineError): Verdict {
  return retryable && BACK_PRESSURE.has(code) ? 'back_pressure' : 'other'
}

function tooSlow(limit: number, waitedMs: number): PipelineError {
  return PipelineError.retryable(
    `the destination is slow: no turn within ${waitedMs}ms, ${limit} at the same time`,
    { reason: 'destination_slow', retryAfterMs: retryAfterMs(waitedMs) },
  )
}
