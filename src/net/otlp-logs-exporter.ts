import type { LogBatch } from '../batch/log-batch.ts'
import type { PartialSuccess } from '../otlp/export-response.ts'
import type { Exporter, PluginContext } from '../plugin/component.ts'
import { type ErrorCode, PipelineError } from '../plugin/pipeline-error.ts'
import { RepeatedLog } from '../telemetry/repeated-log.ts'
import type { OtlpSender } from './otlp-sender.ts'

export interface OtlpLogsExporterOptions {
  /** Opened by `start`; throws an Error when a certificate or key cannot be used. */
  readonly createSender: () => OtlpSender
  /** May share memory with the batch. */
  readonly encode: (batch: LogBatch) => Buffer
  /** For one attempt; 0 = no bound. */
  readonly timeoutMs: number
}

/** What the operator has to mend: no other batch will fare better. */
const NEEDS_OPERATOR: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'unauthenticated',
  'permission_denied',
  'unimplemented',
  'not_found',
])

/**
 * Sends batches over OTLP and understands the answers. Records that the server rejects are told
 * as such, with its words; which they are, OTLP does not say.
 */
export class OtlpLogsExporter implements Exporter {
  readonly #context: PluginContext
  readonly #options: OtlpLogsExporterOptions
  readonly #log: RepeatedLog
  #sender: OtlpSender | undefined
  #needsOperator = false

  constructor(context: PluginContext, options: OtlpLogsExporterOptions) {
    this.#context = context
    this.#options = options
    this.#log = new RepeatedLog(context.logger)
  }

  /** Does not wait for the destination: one that is down is a status, not a failure. */
  async start(): Promise<void> {
    this.#sender = this.#options.createSender()
    this.#context.reportStatus('ok')
  }

  async consume(batch: LogBatch, signal: AbortSignal): Promise<void> {
    if (this.#sender === undefined) throw PipelineError.retryable('the exporter is not started')
    if (batch.count === 0) return
    let partial: PartialSuccess | undefined
    try {
      const { encode, timeoutMs } = this.#options
      partial = await this.#sender.sendLogs(encode(batch), { timeoutMs, signal })
    } catch (error) {
      throw this.#failed(PipelineError.from(error))
    }
    this.#recovered()
    if (partial !== undefined) this.#partial(partial, batch)
  }

  async stop(deadline: AbortSignal): Promise<void> {
    await this.#sender?.close(deadline)
    this.#sender = undefined
    this.#log.flush()
  }

  /** Failures that pass are reported by the export chain, which knows whether tries are left. */
  #failed(error: PipelineError): PipelineError {
    if (error.retryable || !NEEDS_OPERATOR.has(error.code)) return error
    this.#needsOperator = true
    const where = this.#sender?.destination ?? ''
    this.#context.reportStatus('permanent_error', `${where}: ${error.message}`)
    return error
  }

  #recovered(): void {
    if (!this.#needsOperator) return
    this.#needsOperator = false
    this.#context.reportStatus('ok')
  }

  /** Throws when records were rejected; all others of the batch are then with the server. */
  #partial({ rejectedCount, message }: PartialSuccess, batch: LogBatch): void {
    const { count } = batch
    const rejected = Math.min(Math.max(rejectedCount, 0), count)
    if (rejected === 0) {
      const fields = { request_id: batch.context.requestId, sent: count, message }
      this.#log.log('warn', 'warning', fields, 'the destination took all records and has a warning')
      return
    }
    const where = this.#sender?.destination ?? ''
    const why = message === '' ? 'without a reason' : message
    throw PipelineError.permanent(`${where} rejected ${rejected} of ${count} records: ${why}`, {
      reason: 'rejected_by_destination',
      rejected: rejected < count ? { count: rejected } : undefined,
    })
  }
}
