import {
  type BatchContext,
  type Consumer,
  type DecodedLogs,
  decodeLogs,
  decodeLogsJson,
  encodeExportResponse,
  JsonError,
  type OtlpEncoding,
  PipelineError,
  type PluginContext,
  RepeatedLog,
  TooManyRecordsError,
  WireError,
} from '#core'

/**
 * What both protocols do with a request: read it, pass it on, count it, and make the response. One
 * per protocol.
 */
export class Intake {
  readonly #next: Consumer
  readonly #log: RepeatedLog
  readonly #accepted: { inc(count: number): void }
  readonly #refused: { inc(count: number): void }
  readonly #failed: { inc(count: number): void }

  constructor(context: PluginContext, next: Consumer, transport: 'grpc' | 'http') {
    this.#next = next
    this.#log = new RepeatedLog(context.logger)
    const labels = { receiver: context.id, transport }
    const { receiverAccepted, receiverRefused, receiverFailed } = context.metrics
    this.#accepted = receiverAccepted.labels(labels)
    this.#refused = receiverRefused.labels(labels)
    this.#failed = receiverFailed.labels(labels)
  }

  /**
   * Takes one ExportLogsServiceRequest, which MUST NOT change afterwards, and gives the bytes of
   * the response: empty, or a partial success when some records could not be read.
   * @throws PipelineError when the sender must hear of a failure.
   */
  async take(
    body: Buffer,
    encoding: OtlpEncoding,
    context: BatchContext,
    signal: AbortSignal,
  ): Promise<Buffer> {
    const { batch, rejectedCount, rejectedReason } = this.#decode(body, encoding, context)
    const { count } = batch
    if (rejectedCount > 0) this.#reject(rejectedCount, rejectedReason, context)
    if (count > 0) {
      try {
        await this.#next.consume(batch, signal)
      } catch (thrown) {
        this.#refused.inc(count)
        throw PipelineError.from(thrown)
      }
      this.#accepted.inc(count)
    }
    if (rejectedCount === 0) return encodeExportResponse(encoding)
    const message = `${rejectedCount} of ${count + rejectedCount} log records were rejected, the first because of ${rejectedReason}`
    return encodeExportResponse(encoding, { rejectedCount, message })
  }

  #decode(body: Buffer, encoding: OtlpEncoding, context: BatchContext): DecodedLogs {
    try {
      return encoding === 'json' ? decodeLogsJson(body, context) : decodeLogs(body, context)
    } catch (cause) {
      const code = codeOf(cause)
      if (code === undefined) throw cause
      // How many records there were nobody can know: the request counts as one.
      this.#failed.inc(1)
      const { message } = cause as Error
      const fields = { ...whereFrom(context), reason: message }
      this.#log.log('warn', code, fields, 'refused a request that cannot be read')
      throw PipelineError.permanent(message, { code, reason: 'unreadable_request', cause })
    }
  }

  #reject(count: number, reason: string, context: BatchContext): void {
    this.#failed.inc(count)
    const fields = { ...whereFrom(context), count, reason }
    this.#log.log('warn', 'rejected', fields, 'rejected log records that cannot be read')
  }
}

function codeOf(thrown: unknown): 'invalid_argument' | 'resource_exhausted' | undefined {
  if (thrown instanceof WireError || thrown instanceof JsonError) return 'invalid_argument'
  return thrown instanceof TooManyRecordsError ? 'resource_exhausted' : undefined
}

function whereFrom({ requestId, clientAddress }: BatchContext): object {
  return { request_id: requestId, client: clientAddress }
}
