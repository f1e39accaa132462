import {
  type BatchContext,
  type Consumer,
  decodeLogs,
  PipelineError,
  type PluginContext,
  RepeatedLog,
} from '#core'
import type { HttpServerResponse } from '#core/net'
import { acceptedAnswer, mixedAnswer } from './answer.ts'
import { type Layout, type ReadOptions, type ReadRecords, RecordReader } from './read-records.ts'
import { type NanoTime, setTime } from './timestamp.ts'

const TRANSPORT = 'http'

/** What happens to a request: its records are read, passed on, counted and answered for. */
export class Intake {
  readonly #next: Consumer
  readonly #reader: RecordReader
  readonly #log: RepeatedLog
  readonly #accepted: { inc(count: number): void }
  readonly #refused: { inc(count: number): void }
  readonly #failed: { inc(count: number): void }

  constructor(options: ReadOptions, context: PluginContext, next: Consumer) {
    this.#next = next
    this.#reader = new RecordReader(options)
    this.#log = new RepeatedLog(context.logger)
    const labels = { receiver: context.id, transport: TRANSPORT }
    const { receiverAccepted, receiverRefused, receiverFailed } = context.metrics
    this.#accepted = receiverAccepted.labels(labels)
    this.#refused = receiverRefused.labels(labels)
    this.#failed = receiverFailed.labels(labels)
  }

  /**
   * Takes the records of one request and gives the answer once the good ones are safe with the next
   * stage.
   * @throws PipelineError when the whole request is refused, by us or by a later stage.
   */
  async take(
    body: Buffer,
    layout: Layout,
    context: BatchContext,
    signal: AbortSignal,
  ): Promise<HttpServerResponse> {
    const { otlp, count, rejected } = this.#read(body, layout, context)
    const accepted = count - rejected.length
    if (accepted > 0) await this.#pass(otlp, accepted, context, signal)
    if (rejected.length === 0) return acceptedAnswer(context.requestId, count)
    return mixedAnswer(context.requestId, count, rejected)
  }

  #read(body: Buffer, layout: Layout, context: BatchContext): ReadRecords {
    try {
      const read = this.#reader.read(body, layout, timeNow())
      const [first] = read.rejected
      if (first !== undefined) {
        this.#failed.inc(read.rejected.length)
        // Values stay out of the log: they are the sender's, and may be secrets.
        const faults = first.errors.map(({ field, rule }) => ({ field, rule }))
        const fields = { ...whereFrom(context), count: read.rejected.length, faults }
        this.#log.log('warn', 'rejected', fields, 'rejected log records that are not valid')
      }
      return read
    } catch (thrown) {
      if (!(thrown instanceof PipelineError)) throw thrown
      // How many records there were nobody can know: the request counts as one.
      this.#failed.inc(1)
      const fields = { ...whereFrom(context), reason: thrown.message }
      this.#log.log('warn', thrown.reason, fields, 'refused a request that cannot be read')
      throw thrown
    }
  }

  async #pass(
    otlp: Buffer,
    accepted: number,
    context: BatchContext,
    signal: AbortSignal,
  ): Promise<void> {
    const { batch, rejectedReason } = decodeLogs(otlp, context)
    // What was written here is valid; anything else would be lost without an answer.
    if (batch.count !== accepted) throw new Error(`wrote records that are none: ${rejectedReason}`)
    try {
      await this.#next.consume(batch, signal)
    } catch (thrown) {
      this.#refused.inc(accepted)
      throw PipelineError.from(thrown)
    }
    this.#accepted.inc(accepted)
  }
}

function timeNow(): NanoTime {
  const time = { low: 0, high: 0 }
  const ms = Date.now()
  setTime(time, Math.floor(ms / 1000), (ms % 1000) * 1e6)
  return time
}

function whereFrom({ requestId, clientAddress }: BatchContext): object {
  return { request_id: requestId, client: clientAddress }
}
