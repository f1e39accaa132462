import {
  anyValueText,
  encodeLogs,
  encodeLogsJson,
  type LogBatch,
  type LogCursor,
  PipelineError,
} from '#core'
import type { KafkaRecord } from '#core/kafka'
import { type KafkaExporterConfig, TOPIC_NAME } from './config.ts'
import { type Target, targetsOf } from './targets.ts'

/** A message to be sent, and the records in it. */
export interface Outgoing {
  readonly message: KafkaRecord
  readonly target: Target
}

/** Records that can never be sent, and why. */
export interface Refusal {
  readonly records: LogBatch
  readonly error: PipelineError
}

export interface Cut {
  readonly messages: readonly Outgoing[]
  readonly refusals: readonly Refusal[]
}

/** What a message has beside its value: key, headers and Kafka's own framing are taken from here. */
const FRAMING_BYTES = 100

const REQUEST_ID_HEADER = 'x-request-id'

/** Makes the messages of a batch, each within `max_message_bytes`. The same batch gives the same. */
export function cutMessages(batch: LogBatch, config: KafkaExporterConfig): Cut {
  const cutter = new Cutter(config, headersOf(batch, config))
  for (const target of targetsOf(batch, config)) {
    if (TOPIC_NAME.test(target.topic)) cutter.cut(target)
    else cutter.refuse(target.records, invalidTopic(target.topic))
  }
  return cutter
}

/** Cuts the records of a message that the broker found too large in two; refuses a single one. */
export function cutAgain({ target, message }: Outgoing, config: KafkaExporterConfig): Cut {
  const cutter = new Cutter(config, message.headers)
  cutter.halve(target, message.value.length)
  return cutter
}

type Headers = KafkaRecord['headers']

class Cutter implements Cut {
  readonly messages: Outgoing[] = []
  readonly refusals: Refusal[] = []
  readonly #config: KafkaExporterConfig
  readonly #headers: Headers
  readonly #valueBytesMax: number

  constructor(config: KafkaExporterConfig, headers: Headers) {
    this.#config = config
    this.#headers = headers
    const inHeaders = Object.entries(headers ?? {}).reduce(
      (sum, [name, value]) => sum + Buffer.byteLength(name) + Buffer.byteLength(value),
      0,
    )
    this.#valueBytesMax = config.producer.max_message_bytes - inHeaders - FRAMING_BYTES
  }

  refuse(records: LogBatch, error: PipelineError): void {
    this.refusals.push({ records, error })
  }

  cut(target: Target): void {
    if (this.#config.logs.encoding === 'raw') this.#cutRaw(target)
    else this.#cutWhole(target)
  }

  halve(target: Target, bytes: number): void {
    const { records } = target
    if (records.count === 1) {
      this.refuse(records, tooLarge(bytes, this.#config.producer.max_message_bytes))
      return
    }
    const middle = Math.ceil(records.count / 2)
    this.cut({ ...target, records: records.slice(0, middle) })
    this.cut({ ...target, records: records.slice(middle, records.count) })
  }

  #cutWhole(target: Target): void {
    const { records } = target
    let value: Buffer
    try {
      value = this.#config.logs.encoding === 'otlp_json' ? json(records) : encodeLogs(records)
    } catch (cause) {
      // Text beyond the longest string, for one: half of it may do.
      if (records.count > 1) this.halve(target, 0)
      else this.refuse(records, unencodable(cause))
      return
    }
    const room = this.#valueBytesMax - (target.key?.length ?? 0)
    if (value.length <= room) {
      this.#add(target, value)
      return
    }
    // About equal parts, a little more than needed: records differ in size, and encoding costs.
    const parts = Math.min(records.count, Math.ceil((value.length / Math.max(room, 1)) * 1.1))
    if (parts <= 2) {
      this.halve(target, value.length)
      return
    }
    const step = Math.ceil(records.count / parts)
    for (let from = 0; from < records.count; from += step) {
      this.#cutWhole({
        ...target,
        records: records.slice(from, Math.min(from + step, records.count)),
      })
    }
  }

  #cutRaw(target: Target): void {
    const { records } = target
    const room = this.#valueBytesMax - (target.key?.length ?? 0)
    const cursor = records.cursor()
    for (let i = 0; i < records.count; i++) {
      const value = rawBody(cursor.seek(records.row(i)))
      const one = { ...target, records: records.slice(i, i + 1) }
      if (value.length <= room) this.#add(one, value)
      else this.halve(one, value.length)
    }
  }

  #add(target: Target, value: Buffer): void {
    const { topic, key } = target
    this.messages.push({ target, message: { topic, key, value, headers: this.#headers } })
  }
}

function json(records: LogBatch): Buffer {
  return Buffer.from(encodeLogsJson(records))
}

/** As the Collector's raw encoding: bytes as they are, anything else as JSON. */
function rawBody(cursor: LogCursor): Buffer {
  const body = cursor.body()
  if (body === undefined) return Buffer.alloc(0)
  if (body instanceof Uint8Array) return Buffer.from(body)
  return Buffer.from(typeof body === 'string' ? JSON.stringify(body) : anyValueText(body))
}

function headersOf(batch: LogBatch, config: KafkaExporterConfig): Headers {
  const headers: Record<string, string> = { ...config.record_headers }
  for (const key of config.include_metadata_keys) {
    const { metadata, requestId } = batch.context
    const name = key.toLowerCase()
    const values = metadata?.get(name)
    // The id has been made where the sender gave none, and is known without the metadata.
    if (name === REQUEST_ID_HEADER) headers[key] = requestId
    else if (values !== undefined) headers[key] = values.join(',')
  }
  return Object.keys(headers).length === 0 ? undefined : headers
}

function tooLarge(bytes: number, bytesMax: number): PipelineError {
  return PipelineError.permanent(
    `one log record makes a message of ${bytes} bytes, and max_message_bytes is ${bytesMax} or the broker's limit lower`,
    { reason: 'message_too_large' },
  )
}

function unencodable(cause: unknown): PipelineError {
  const message = cause instanceof Error ? cause.message : String(cause)
  return PipelineError.permanent(`a log record cannot be encoded: ${message}`, {
    reason: 'encode_failed',
    cause,
  })
}

function invalidTopic(topic: string): PipelineError {
  const shown = JSON.stringify(topic.slice(0, 100))
  return PipelineError.permanent(`${shown} is no name of a Kafka topic`, {
    reason: 'invalid_topic',
  })
}
