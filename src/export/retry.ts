import type { LogBatch } from '../batch/log-batch.ts'
import { randomOrigin } from '../batch/origin.ts'
import { type Clock, sleep } from '../plugin/clock.ts'
import type { Consumer } from '../plugin/consumer.ts'
import { PipelineError } from '../plugin/pipeline-error.ts'
import { Backoff } from './backoff.ts'
import type { RetryConfig } from './config.ts'

export interface RetryOptions {
  readonly config: RetryConfig
  readonly clock: Clock
  readonly random: () => number
  /** Aborts when the service stops: waits end, and every batch held gets one last try. */
  readonly stopping: AbortSignal
  /**
   * Does a sender wait for the outcome? Then it is told to come back after SENDER_WAIT_MS_MAX at the
   * latest: SDKs give up after 10 s and would never hear the refusal.
   */
  readonly senderWaits: boolean
  /** Told before each wait. */
  readonly onRetry: (batch: LogBatch, error: PipelineError, waitMs: number) => void
}

/** The reason of a retryable error that is not tried again: `max_elapsed_time` is up. */
export const RETRIES_EXHAUSTED = 'retries_exhausted'

/** The longest that failing tries keep a sender waiting, in milliseconds. */
export const SENDER_WAIT_MS_MAX = 8000

/**
 * `retry_on_failure`: repeats what is retryable until it succeeds, `max_elapsed_time` is up, the
 * signal aborts or the service stops. Permanent errors pass at once.
 */
export class Retry implements Consumer {
  readonly #next: Consumer
  readonly #options: RetryOptions

  constructor(next: Consumer, options: RetryOptions) {
    this.#next = next
    this.#options = options
  }

  async consume(given: LogBatch, signal: AbortSignal): Promise<void> {
    const { clock, stopping, onRetry } = this.#options
    // Without a queue nobody has named it yet, and every try must carry the same identity.
    const batch = given.origin === undefined ? given.with({ origin: randomOrigin() }) : given
    const startMs = clock.now()
    const backoff = this.#backoff()
    for (;;) {
      const isLast = stopping.aborted
      const error = await this.#try(batch, signal)
      if (error === undefined) return
      if (!error.retryable || signal.aborted || isLast) throw error
      // When a stop came during the try, the last one follows without a wait.
      const waitMs = stopping.aborted ? 0 : backoff.next(error.retryAfterMs)
      this.#checkElapsed(error, clock.now() - startMs, waitMs)
      onRetry(batch, error, waitMs)
      await sleep(clock, waitMs, signal, stopping)
      if (signal.aborted) throw error
    }
  }

  async #try(batch: LogBatch, signal: AbortSignal): Promise<PipelineError | undefined> {
    try {
      await this.#next.consume(batch, signal)
      return undefined
    } catch (thrown) {
      return PipelineError.from(thrown)
    }
  }

  #backoff(): Backoff {
    const { config, random } = this.#options
    return new Backoff({
      initialMs: config.initial_interval,
      multiplier: config.multiplier,
      maxMs: config.max_interval,
      jitter: config.randomization_factor,
      random,
    })
  }

  #checkElapsed(error: PipelineError, elapsedMs: number, waitMs: number): void {
    const { config, senderWaits } = this.#options
    if (senderWaits && elapsedMs + waitMs > SENDER_WAIT_MS_MAX) throw comeBack(error, waitMs)
    const maxMs = config.max_elapsed_time
    if (maxMs === 0 || elapsedMs + waitMs <= maxMs) return
    throw PipelineError.retryable(
      `gave up after ${Math.round(elapsedMs)}ms, max_elapsed_time is ${maxMs}ms: ${error.message}`,
      {
        code: error.code,
        reason: RETRIES_EXHAUSTED,
        ...(error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs }),
        pending: error.pending,
        cause: error,
      },
    )
  }
}

/** Passes the failure on to a sender that waits; it keeps its records and tries again itself. */
function comeBack(error: PipelineError, waitMs: number): PipelineError {
  return PipelineError.retryable(error.message, {
    code: error.code,
    reason: error.reason,
    retryAfterMs: error.retryAfterMs ?? Math.ceil(waitMs),
    cause: error,
  })
}
