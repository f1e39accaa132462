import type { LogBatch } from '../batch/log-batch.ts'
import { Reader } from '../wire/reader.ts'
import { encodeLogs } from './encode-logs.ts'
import type { JsonField, JsonShape } from './json-shape.ts'
import { LOGS_REQUEST } from './json-shapes.ts'

/**
 * Writes a batch as the JSON of an ExportLogsServiceRequest, strictly as OTLP has it: keys in
 * lowerCamelCase, ids in lower-case hex, 64-bit integers as strings, enums as integers, other bytes
 * in base64, NaN and infinities as strings. What is on the wire is written, defaults too; unknown
 * fields have no JSON form and are left out; invalid UTF-8 becomes U+FFFD.
 *
 * Throws a RangeError when the text would be longer than the longest string, about 512 MiB.
 */
export function encodeLogsJson(batch: LogBatch): string {
  const bytes = encodeLogs(batch)
  return messageJson(LOGS_REQUEST, bytes, 0, bytes.length)
}

function messageJson(shape: JsonShape, bytes: Buffer, offset: number, end: number): string {
  const values: (string | undefined)[] = []
  const reader = new Reader(bytes, offset, end)
  while (reader.pos < end) {
    const tag = reader.tag()
    const field = shape.byNumber[tag >>> 3]
    if (field === undefined || field.tag !== tag) {
      reader.skip(tag)
      continue
    }
    const value = valueJson(field, reader, bytes)
    const earlier = values[field.index]
    values[field.index] = field.repeated && earlier !== undefined ? `${earlier},${value}` : value
  }
  let text = ''
  for (const { index, name, kind, repeated } of shape.fields) {
    const value = values[index]
    if (value === undefined || isAbsentId(kind, value)) continue
    text += `${text === '' ? '' : ','}"${name}":${repeated ? `[${value}]` : value}`
  }
  return `{${text}}`
}

/** An id of no bytes is no id. */
function isAbsentId(kind: string, value: string): boolean {
  return value === '""' && (kind === 'traceId' || kind === 'spanId')
}

function valueJson(field: JsonField, reader: Reader, bytes: Buffer): string {
  switch (field.kind) {
    case 'bool':
      return reader.int64() === 0n ? 'false' : 'true'
    case 'int64':
      return `"${reader.int64()}"`
    case 'uint32':
      return String(reader.uint32())
    case 'int32':
    case 'enum':
      return String(reader.uint32() | 0)
    case 'fixed64':
      reader.pos += 8
      return `"${bytes.readBigUInt64LE(reader.pos - 8)}"`
    case 'fixed32':
      reader.pos += 4
      return String(bytes.readUInt32LE(reader.pos - 4))
    case 'double':
      reader.pos += 8
      return doubleJson(bytes.readDoubleLE(reader.pos - 8))
    default:
  }
  const end = reader.lengthDelimited()
  const start = reader.pos
  reader.pos = end
  switch (field.kind) {
    case 'message':
      return messageJson(field.shape!(), bytes, start, end)
    case 'string':
      return JSON.stringify(bytes.toString('utf8', start, end))
    case 'bytes':
      return `"${bytes.toString('base64', start, end)}"`
    case 'traceId':
    case 'spanId':
      return `"${bytes.toString('hex', start, end)}"`
    default:
      return field.kind satisfies never
  }
}

function doubleJson(value: number): string {
  if (Object.is(value, -0)) return '-0'
  return Number.isFinite(value) ? String(value) : `"${value}"`
}
