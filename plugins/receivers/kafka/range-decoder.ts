import {
  type DecodedLogs,
  decodeLogs,
  decodeLogsParts,
  type LogBatch,
  mergeLogs,
  Writer,
} from '#core'
import type { KafkaMessage, TopicPartition } from '#core/kafka'
import type { KafkaReceiverConfig } from './config.ts'
import { messageDecoder, valueOf } from './decode-message.ts'
import { HeaderAttributes, rangeContext } from './message-context.ts'
import { type RecordWriter, recordWriter } from './write-record.ts'

/** A message that can never be read or stored. */
export interface DeadMessage {
  readonly message: KafkaMessage
  readonly reason: string
  /** Its records may be of any message from this one on up to, not including, this offset. */
  readonly end?: number
}

export interface DecodedRange {
  /** All records in order, not named yet; undefined when there are none. */
  readonly batch: LogBatch | undefined
  readonly dead: readonly DeadMessage[]
  /** Records that could not be read in messages that could, and why the first could not. */
  readonly rejectedCount: number
  readonly rejectedReason: string
}

/** Messages of one record each that are decoded at once; the decoder takes a million. */
const RUN_MESSAGES_MAX = 100_000

/** What was decoded together, and the messages it is of. */
interface Part extends DecodedLogs {
  readonly messages: readonly KafkaMessage[]
}

/** Gives what can be read of messages, in order; what cannot is added to `dead`. */
type Decode = (
  from: TopicPartition,
  messages: readonly KafkaMessage[],
  dead: DeadMessage[],
) => readonly Part[]

/** Reads the messages of a batch into one. The same messages give the same. */
export class RangeDecoder {
  readonly #decode: Decode
  readonly #headers: HeaderAttributes | undefined

  constructor({ logs, header_extraction: { extract_headers, headers } }: KafkaReceiverConfig) {
    this.#headers =
      extract_headers && headers.length > 0 ? new HeaderAttributes(headers) : undefined
    this.#decode = decodeFor(logs.encoding, this.#headers)
  }

  decode(from: TopicPartition, messages: readonly KafkaMessage[]): DecodedRange {
    const dead: DeadMessage[] = []
    const batches: LogBatch[] = []
    const read: KafkaMessage[] = []
    let rejectedCount = 0
    let rejectedReason = ''
    for (const part of this.#decode(from, messages, dead)) {
      if (part.rejectedCount > 0) rejectedReason ||= part.rejectedReason
      rejectedCount += part.rejectedCount
      if (part.batch.count === 0) continue
      batches.push(this.#headers?.add(part.batch) ?? part.batch)
      for (const message of part.messages) read.push(message)
    }
    const batch = batches.length > 1 ? mergeLogs(batches, rangeContext(from, read)) : batches.at(0)
    return { batch, dead, rejectedCount, rejectedReason }
  }
}

function decodeFor(encoding: string, headers: HeaderAttributes | undefined): Decode {
  if (encoding === 'otlp_json') return requestsDecoder('otlp_json')
  if (encoding !== 'otlp_proto') return recordsDecoder(encoding, headers)
  // Headers become attributes of the resources of their own message.
  return headers === undefined ? decodeTogether : requestsDecoder('otlp_proto')
}

/** Of messages that are requests in protobuf, all at once. */
const decodeTogether: Decode = (from, messages, dead) => {
  const whole: KafkaMessage[] = []
  const bodies: Buffer[] = []
  const reasons = new Map<KafkaMessage, string>()
  for (const message of messages) {
    try {
      bodies.push(valueOf(message))
      whole.push(message)
    } catch (error) {
      reasons.set(message, (error as Error).message)
    }
  }
  const { parts, ...decoded } = decodeLogsParts(bodies, { requestId: '' })
  const read = whole.filter((message, i) => {
    const { error, count } = parts[i]!
    if (error !== undefined) reasons.set(message, error.message)
    return count > 0
  })
  for (const message of messages) {
    const reason = reasons.get(message)
    if (reason !== undefined) dead.push({ message, reason })
  }
  if (read.length === 0) return [{ ...decoded, messages: read }]
  const batch = decoded.batch.with({ context: rangeContext(from, read) })
  return [{ ...decoded, batch, messages: read }]
}

/** Of messages that are requests with any number of records. */
function requestsDecoder(encoding: 'otlp_proto' | 'otlp_json'): Decode {
  const decode = messageDecoder(encoding)
  return (from, messages, dead) => {
    const parts: Part[] = []
    for (const message of messages) {
      try {
        const decoded = decode(message, rangeContext(from, [message]))
        parts.push({ ...decoded, messages: [message] })
      } catch (error) {
        dead.push({ message, reason: (error as Error).message })
      }
    }
    return parts
  }
}

/** Of messages that are one record each; those with other headers become another resource. */
function recordsDecoder(encoding: string, headers: HeaderAttributes | undefined): Decode {
  const write = recordWriter(encoding)
  return (from, messages, dead) => {
    const parts: Part[] = []
    for (let start = 0; start < messages.length; ) {
      const end = Math.min(
        headers?.runEnd(messages, start) ?? messages.length,
        start + RUN_MESSAGES_MAX,
      )
      const part = decodeRecords(from, messages.slice(start, end), write, dead)
      if (part !== undefined) parts.push(part)
      start = end
    }
    return parts
  }
}

/** Writes the records one behind the other, as one request: no object for any of them. */
function decodeRecords(
  from: TopicPartition,
  messages: readonly KafkaMessage[],
  write: RecordWriter,
  dead: DeadMessage[],
): Part | undefined {
  const read: KafkaMessage[] = []
  const out = new Writer(sizeHint(messages))
  const resource = out.begin(0x0a)
  const scope = out.begin(0x12)
  for (const message of messages) {
    const start = out.pos
    try {
      write(message, out)
      read.push(message)
    } catch (error) {
      out.pos = start
      dead.push({ message, reason: (error as Error).message })
    }
  }
  if (read.length === 0) return undefined
  out.commit(scope)
  out.commit(resource)
  return { ...decodeLogs(out.finish(), rangeContext(from, read)), messages: read }
}

/** About what the request takes: a record has some 20 bytes around the value. */
function sizeHint(messages: readonly KafkaMessage[]): number {
  return messages.reduce((sum, { value }) => sum + (value?.length ?? 0) + 24, 16)
}
