import { isUtf8 } from 'node:buffer'
import { JsonReader, type Writer, writeJsonValue } from '#core'
import type { KafkaMessage } from '#core/kafka'
import { valueOf } from './decode-message.ts'

/** Writes one message as a LogRecord. Throws an Error that says why it can never be read. */
export type RecordWriter = (message: KafkaMessage, out: Writer) => void

/** Writes the fields of an AnyValue. */
type BodyWriter = (value: Buffer, out: Writer) => void

/** The writer of a checked `encoding` of which a message is one record. */
export function recordWriter(encoding: string): RecordWriter {
  const writeBody = bodyWriter(encoding)
  return (message, out) => {
    const value = valueOf(message)
    const record = out.begin(0x12)
    const body = out.begin(0x2a)
    writeBody(value, out)
    out.commit(body)
    // Observed when it was written to Kafka: the same again after a crash.
    out.varint(0x59)
    out.fixed64(BigInt(Math.max(0, message.timestampMs)) * 1_000_000n)
    out.commit(record)
  }
}

function bodyWriter(encoding: string): BodyWriter {
  if (encoding === 'raw') return (value, out) => out.lengthDelimited(0x3a, value)
  if (encoding === 'json') return writeJsonBody
  const text = new TextDecoder(encoding.split('_').slice(1).join('_') || 'utf-8')
  return (value, out) => out.string(0x0a, text.decode(value))
}

/** What is no UTF-8 is replaced, as in texts. */
function writeJsonBody(value: Buffer, out: Writer): void {
  const reader = new JsonReader(isUtf8(value) ? value : Buffer.from(value.toString()))
  writeJsonValue(reader, out)
  reader.expectEnd()
}
