import type { LogBatch } from '../batch/log-batch.ts'
import type { PluginContext } from '../plugin/component.ts'
import type { Consumer } from '../plugin/consumer.ts'
import { PipelineError } from '../plugin/pipeline-error.ts'
import { RepeatedLog } from '../telemetry/repeated-log.ts'
import { RETRIES_EXHAUSTED } from './retry.ts'

/** What an exporter has done with the records given to it, since the start. */
export interface OutcomeStats {
  /** Log records that the destination confirmed. */
  readonly sent: number
  /** Log records given up, whoever was told. */
  readonly failed: number
}

/**
 * Counts and logs the final outcome of every batch, after all tries, and keeps the exporter's
 * status. Lines repeat at most every ten seconds per reason: a dead destination must not flood.
 */
export class Outcome implements Consumer {
  readonly #next: Consumer
  readonly #context: PluginContext
  readonly #log: RepeatedLog
  readonly #sent: { inc(count: number): void }
  readonly #batchRecords: { observe(count: number): void }
  readonly #stats = { sent: 0, failed: 0 }
  readonly #lossLevel: 'warn' | 'error'
  #failing = false

  /** `hasDeadLetter`: what is given up for good is kept by a later stage, so it is no loss. */
  constructor(
    next: (outcome: Outcome) => Consumer,
    context: PluginContext,
    { hasDeadLetter = false }: { readonly hasDeadLetter?: boolean } = {},
  ) {
    this.#context = context
    this.#lossLevel = hasDeadLetter ? 'warn' : 'error'
    this.#log = new RepeatedLog(context.logger)
    this.#sent = context.metrics.exporterSent.labels(context.id)
    this.#batchRecords = context.metrics.exporterBatchRecords.labels(context.id)
    this.#next = next(this)
  }

  async consume(batch: LogBatch, signal: AbortSignal): Promise<void> {
    await this.follow(batch, this.#next.consume(batch, signal))
  }

  /** Counts what becomes of a batch that another way is sending; passes its verdict on. */
  async follow(batch: LogBatch, sending: Promise<void>): Promise<void> {
    try {
      await sending
    } catch (thrown) {
      throw this.#failed(batch, PipelineError.from(thrown))
    }
    this.#succeeded(batch, batch.count)
  }

  /** To be told of each failure that will be tried again. */
  readonly onRetry = (batch: LogBatch, error: PipelineError, waitMs: number): void => {
    const fields = { ...describe(batch, error), retry_in_ms: Math.round(waitMs) }
    this.#log.log('warn', `retry ${error.reason}`, fields, 'sending failed, will be tried again')
    this.#setFailing(error)
  }

  stats(): OutcomeStats {
    return { ...this.#stats }
  }

  /** Logs what has been held back; for the end of the exporter's life. */
  stop(): void {
    this.#log.flush()
  }

  #succeeded(batch: LogBatch, accepted: number): void {
    this.#stats.sent += accepted
    this.#sent.inc(accepted)
    this.#batchRecords.observe(batch.count)
    if (!this.#failing) return
    this.#failing = false
    this.#context.reportStatus('ok')
  }

  #failed(batch: LogBatch, error: PipelineError): PipelineError {
    const { id, metrics } = this.#context
    const refused = refusedCount(batch, error)
    if (refused < batch.count) this.#succeeded(batch, batch.count - refused)
    this.#stats.failed += refused
    metrics.exporterSendFailed.labels(id, error.reason).inc(refused)
    const message = error.retryable
      ? 'sending failed and is given up for now'
      : 'the destination refused for good'
    const level = error.retryable ? 'warn' : this.#lossLevel
    this.#log.log(level, `give up ${error.reason}`, describe(batch, error), message)
    // A batch that cannot be accepted says nothing about the destination.
    if (error.retryable && error.code !== 'cancelled') this.#setFailing(error)
    return error
  }

  #setFailing(error: PipelineError): void {
    if (this.#failing) return
    this.#failing = true
    this.#context.reportStatus('recoverable_error', error.message)
  }
}

/** How many records of the batch the destination has not taken; they are about to be given up. */
export function refusedCount(
  { count }: LogBatch,
  { rejected, pending, reason }: PipelineError,
): number {
  if (rejected !== undefined) return rejected.count
  if (pending === undefined || reason !== RETRIES_EXHAUSTED) return count
  return pending.reduce((sum, { records }) => sum + records.count, 0)
}

/** The fields by which a line about a batch can be found from the sender's side. */
export function describe(batch: LogBatch, error: PipelineError): Record<string, unknown> {
  return {
    records: batch.count,
    ...(error.rejected === undefined ? {} : { rejected: error.rejected.count }),
    reason: error.reason,
    code: error.code,
    error: error.message,
    request_id: batch.context.requestId,
    ...(batch.origin === undefined ? {} : { origin: batch.origin }),
  }
}
