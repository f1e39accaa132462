import type { LogBatch } from '../batch/log-batch.ts'
import { randomOrigin } from '../batch/origin.ts'
import { type DeadLetter, type DeadLetterDestination, lostCount } from '../dead-letter/letter.ts'
import { lettersOf } from '../dead-letter/letters-of.ts'
import { type Clock, sleep } from '../plugin/clock.ts'
import type { PluginContext } from '../plugin/component.ts'
import type { Consumer } from '../plugin/consumer.ts'
import { PipelineError } from '../plugin/pipeline-error.ts'
import { RepeatedLog } from '../telemetry/repeated-log.ts'
import { Backoff } from './backoff.ts'
import { describe } from './outcome.ts'
import { RETRIES_EXHAUSTED } from './retry.ts'

export interface DeadLetterOptions {
  readonly destination: DeadLetterDestination
  /** Ids of the pipelines that the exporter serves. */
  readonly pipelines: () => readonly string[]
  readonly context: PluginContext
  readonly clock: Clock
  /** 0 up to, not including, 1. */
  readonly random: () => number
  /** Aborts when the service stops: a letter that cannot be written then gets one last try. */
  readonly stopping: AbortSignal
  /** Does a sender wait for the outcome? Then it keeps what cannot be written, and comes back. */
  readonly senderWaits: boolean
}

const RETRY_MS_MIN = 500
const RETRY_MS_MAX = 30_000

/**
 * What the destination refuses for good, or does not take within `max_elapsed_time`, goes to the
 * dead letter with all that is known of it. Once it is safe there the batch is handled, and its
 * sender hears OK. While it cannot be written the batch is held, or its sender keeps it: it is
 * never lost for want of a dead letter.
 */
export class DeadLetterStage implements Consumer {
  readonly #next: Consumer
  readonly #options: DeadLetterOptions
  readonly #log: RepeatedLog
  #count = 0
  #failing = false

  constructor(next: Consumer, options: DeadLetterOptions) {
    this.#next = next
    this.#options = options
    this.#log = new RepeatedLog(options.context.logger)
  }

  /** Log records that were safely written to the dead letter. */
  get count(): number {
    return this.#count
  }

  async consume(batch: LogBatch, signal: AbortSignal): Promise<void> {
    const known = identified(batch)
    try {
      await this.#next.consume(known, signal)
    } catch (thrown) {
      const error = PipelineError.from(thrown)
      if (error.retryable && error.reason !== RETRIES_EXHAUSTED) throw error
      await this.#keep(known, error, signal)
    }
  }

  /** Logs what has been held back; for the end of the exporter's life. */
  stop(): void {
    this.#log.flush()
  }

  async #keep(batch: LogBatch, error: PipelineError, signal: AbortSignal): Promise<void> {
    const { destination, context, pipelines } = this.#options
    const letters = lettersOf(batch, error, {
      destination: context.id,
      pipelines: pipelines(),
    })
    await this.#write(batch, letters, signal)
    const { id, metrics } = context
    for (const letter of letters) {
      const count = lostCount(letter)
      this.#count += count
      metrics.deadLetter.labels(id, letter.reason).inc(count)
    }
    const fields = { ...describe(batch, error), dead_letter: destination.name }
    this.#log.log('warn', error.reason, fields, 'records went to the dead letter')
  }

  async #write(
    batch: LogBatch,
    letters: readonly DeadLetter[],
    signal: AbortSignal,
  ): Promise<void> {
    const { destination, clock, random, stopping, senderWaits } = this.#options
    const backoff = new Backoff({
      initialMs: RETRY_MS_MIN,
      multiplier: 2,
      maxMs: RETRY_MS_MAX,
      jitter: 0.5,
      random,
    })
    for (;;) {
      const isLast = senderWaits || stopping.aborted
      try {
        await destination.write(letters, signal)
        this.#recovered()
        return
      } catch (thrown) {
        const error = this.#failed(batch, PipelineError.from(thrown))
        if (isLast || signal.aborted) throw error
        await sleep(clock, backoff.next(error.retryAfterMs), signal, stopping)
        if (signal.aborted) throw error
      }
    }
  }

  /** Never permanent, whatever the dead letter says: somebody must keep the records. */
  #failed(batch: LogBatch, error: PipelineError): PipelineError {
    const { destination, context } = this.#options
    const message = `the dead letter (${destination.name}) does not take it: ${error.message}`
    const { code, reason, retryAfterMs } = error
    const verdict = PipelineError.retryable(message, {
      code: error.retryable ? code : 'unavailable',
      reason,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      cause: error,
    })
    if (error.code === 'cancelled') return verdict
    const fields = { ...describe(batch, error), dead_letter: destination.name }
    this.#log.log('warn', `unwritable ${reason}`, fields, 'a dead letter could not be written')
    if (!this.#failing) context.reportStatus('recoverable_error', message)
    this.#failing = true
    return verdict
  }

  #recovered(): void {
    if (!this.#failing) return
    this.#failing = false
    this.#options.context.reportStatus('ok')
  }
}

/** Tries and replays must agree on the identity, and on the time of records that have none. */
function identified(batch: LogBatch): LogBatch {
  const { origin, context } = batch
  if (origin !== undefined && context.receivedAtUnixMs !== undefined) return batch
  const { receivedAtUnixMs = Date.now() } = context
  return batch.with({
    origin: origin ?? randomOrigin(),
    context: { ...context, receivedAtUnixMs },
  })
}
