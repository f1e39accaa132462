import {
  type BatchContext,
  type Consumer,
  type DecodedLogs,
  decodeLogs,
  decodeLogsJson,
  encodeExportResponse,
  JsonError,
  type LogBatch,
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
   * the response: empty, or a partial success when some records could not be read or were refused
   * by the destination.
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
    const refusal = count === 0 ? undefined : await this.#pass(batch, signal)
    if (rejectedCount === 0 && refusal === undefined) return encodeExportResponse(encoding)
    const messages: string[] = []
    if (rejectedCount > 0) {
      messages.push(
        `${rejectedCount} of ${count + rejectedCount} log records were rejected, the first because of ${rejectedReason}`,
      )
    }
    if (refusal !== undefined) messages.push(refusal.message)
    return encodeExportResponse(encoding, {
      rejectedCount: rejectedCount + (refusal?.count ?? 0),
      message: messages.join('; '),
    })
  }

  /**
   * Passes the batch on. Undefined when all of it was accepted; how many records were refused for
   * good, and why, when the rest was accepted. Throws PipelineError for a batch refused whole.
   */
  async #pass(
    batch: LogBatch,
    signal: AbortSignal,
  ): Promise<{ count: number; message: string } | undefined> {
    const { count } = batch
    try {
      await this.#next.consume(batch, signal)
    } catch (thrown) {
      const error = PipelineError.from(thrown)
      // In a batch that was joined with others' records, all that were refused may be this sender's.
      const refused = Math.min(error.rejected?.count ?? count, count)
      this.#refused.inc(refused)
      if (error.rejected === undefined) throw error
      this.#accepted.inc(count - refused)
      return { count: refused, message: error.message }
    }
    this.#accepted.inc(count)
    return undefined
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
