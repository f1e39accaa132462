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
 * Sends batches over OTLP and understands the answers. Records that the server rejects are lost
 * there: they are counted, logged with the server's words, and never sent again.
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

  #partial(partial: PartialSuccess, batch: LogBatch): void {
    const { id, metrics } = this.#context
    const { message } = partial
    const rejected = Math.min(Math.max(partial.rejectedCount, 0), batch.count)
    const fields = { requestId: batch.context.requestId, rejected, sent: batch.count, message }
    if (rejected === 0) {
      this.#log.log('warn', 'warning', fields, 'the destination took all records and has a warning')
      return
    }
    metrics.exporterSendFailed.inc({ exporter: id, reason: 'rejected_by_destination' }, rejected)
    metrics.dropped.inc({ component: id, reason: 'rejected_by_destination' }, rejected)
    this.#log.log('error', 'rejected', fields, 'the destination rejected records; they are lost')
  }
}
