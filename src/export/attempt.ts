import type { LogBatch } from '../batch/log-batch.ts'
import { abortError, orAborted } from '../plugin/abort.ts'
import type { Clock } from '../plugin/clock.ts'
import type { Consumer } from '../plugin/consumer.ts'
import { PipelineError } from '../plugin/pipeline-error.ts'

export interface AttemptOptions {
  /** 0 = no bound. */
  readonly timeoutMs: number
  readonly clock: Clock
  /** While the exporter is being exchanged, ends when it can be sent to; undefined when it can now. */
  readonly ready?: ((signal: AbortSignal) => Promise<void> | undefined) | undefined
  /** Told +1 and -1 around every attempt. */
  readonly inFlight: (change: 1 | -1) => void
}

/**
 * One try at the destination, `timeout` at most. The exporter is told by its signal; one that does
 * not listen is left behind, and what it still does has no effect on the verdict.
 */
export class Attempt implements Consumer {
  readonly #next: Consumer
  readonly #options: AttemptOptions

  constructor(next: Consumer, options: AttemptOptions) {
    this.#next = next
    this.#options = options
  }

  async consume(batch: LogBatch, signal: AbortSignal): Promise<void> {
    if (signal.aborted) throw abortError(signal)
    const { timeoutMs, inFlight, ready } = this.#options
    // The wait for an exporter that is not there is none for its destination: it has no timeout.
    const waiting = ready?.(signal)
    if (waiting !== undefined) await waiting
    inFlight(1)
    try {
      // Fast path: without a bound the sender's signal serves, and making one costs microseconds.
      if (timeoutMs === 0) await orAborted(this.#next.consume(batch, signal), signal)
      else await this.#consumeWithin(timeoutMs, batch, signal)
    } finally {
      inFlight(-1)
    }
  }

  async #consumeWithin(timeoutMs: number, batch: LogBatch, signal: AbortSignal): Promise<void> {
    const attempt = new AbortController()
    const abort = (): void => attempt.abort(signal.reason)
    const timeout = (): void => attempt.abort(timeoutError(timeoutMs))
    const cancelTimer = this.#options.clock.after(timeoutMs, timeout)
    signal.addEventListener('abort', abort)
    try {
      await orAborted(this.#next.consume(batch, attempt.signal), attempt.signal)
    } finally {
      cancelTimer()
      signal.removeEventListener('abort', abort)
    }
  }
}

function timeoutError(timeoutMs: number): PipelineError {
  return PipelineError.retryable(`no answer within timeout ${timeoutMs}ms`, {
    code: 'deadline_exceeded',
    reason: 'timeout',
  })
}
