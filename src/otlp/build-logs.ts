import type { AnyValue } from '../batch/any-value.ts'
import type { BatchContext } from '../batch/batch.ts'
import type { LogBatch } from '../batch/log-batch.ts'
import { PipelineError } from '../plugin/pipeline-error.ts'
import { Writer } from '../wire/writer.ts'
import { decodeLogs } from './decode-logs.ts'
import { writeAnyValue, writeKeyValue } from './write-any-value.ts'

/** One log record to be built; what is left out is absent on the wire. Ids are hex. */
export interface LogRecordParts {
  readonly timeUnixNano?: bigint
  readonly observedTimeUnixNano?: bigint
  readonly severityNumber?: number
  readonly severityText?: string
  readonly body?: AnyValue
  readonly attributes?: Attributes
  readonly droppedAttributesCount?: number
  readonly flags?: number
  readonly traceId?: string
  readonly spanId?: string
  readonly eventName?: string
}

export type Attributes = Readonly<Record<string, AnyValue>> | ReadonlyMap<string, AnyValue>

export interface ScopeLogsParts {
  readonly resource?: Attributes
  readonly resourceSchemaUrl?: string
  readonly scopeName?: string
  readonly scopeVersion?: string
  readonly scopeAttributes?: Attributes
  readonly scopeSchemaUrl?: string
  readonly records: readonly LogRecordParts[]
}

/**
 * Builds a batch from values: for receivers of other formats and for tests, not for the hot path.
 * Throws a permanent PipelineError when a record cannot be: an id that is not 32 or 16 hex digits,
 * a body that nests too deep.
 */
export function buildLogs(parts: readonly ScopeLogsParts[], context: BatchContext): LogBatch {
  const { batch, rejectedReason } = decodeLogs(buildLogsRequest(parts), context)
  if (rejectedReason !== '') throw PipelineError.permanent(rejectedReason)
  return batch
}

/** Builds the bytes of an ExportLogsServiceRequest. */
export function buildLogsRequest(parts: readonly ScopeLogsParts[]): Buffer {
  const out = new Writer(4096)
  for (const part of parts) out.message(0x0a, () => writeResourceLogs(out, part))
  return out.finish()
}

/**
 * Writes the fields of a LogRecord message, in field order. Throws a permanent PipelineError when an
 * id is not hex.
 */
export function writeLogRecord(out: Writer, record: LogRecordParts): void {
  if (record.timeUnixNano !== undefined) {
    out.varint(0x09)
    out.fixed64(record.timeUnixNano)
  }
  if (record.severityNumber !== undefined) {
    out.varint(0x10)
    out.varint64(BigInt(record.severityNumber))
  }
  if (record.severityText !== undefined) out.string(0x1a, record.severityText)
  if (record.body !== undefined) out.message(0x2a, () => writeAnyValue(out, record.body))
  writeAttributes(out, 0x32, record.attributes)
  if (record.droppedAttributesCount !== undefined) {
    out.varint(0x38)
    out.varint(record.droppedAttributesCount)
  }
  if (record.flags !== undefined) {
    out.varint(0x45)
    out.fixed32(record.flags)
  }
  if (record.traceId !== undefined) writeId(out, 0x4a, record.traceId)
  if (record.spanId !== undefined) writeId(out, 0x52, record.spanId)
  if (record.observedTimeUnixNano !== undefined) {
    out.varint(0x59)
    out.fixed64(record.observedTimeUnixNano)
  }
  if (record.eventName !== undefined) out.string(0x62, record.eventName)
}

function writeId(out: Writer, tag: number, hex: string): void {
  const id = Buffer.from(hex, 'hex')
  // Buffer.from stops silently at the first character that is not hex.
  if (id.length * 2 !== hex.length) {
    throw PipelineError.permanent(`id ${JSON.stringify(hex)} is not hex`)
  }
  out.lengthDelimited(tag, id)
}

function writeResourceLogs(out: Writer, part: ScopeLogsParts): void {
  const { resource, resourceSchemaUrl } = part
  if (resource !== undefined) out.message(0x0a, () => writeAttributes(out, 0x0a, resource))
  out.message(0x12, () => writeScopeLogs(out, part))
  if (resourceSchemaUrl !== undefined) out.string(0x1a, resourceSchemaUrl)
}

function writeScopeLogs(out: Writer, part: ScopeLogsParts): void {
  out.message(0x0a, () => {
    if (part.scopeName !== undefined) out.string(0x0a, part.scopeName)
    if (part.scopeVersion !== undefined) out.string(0x12, part.scopeVersion)
    writeAttributes(out, 0x1a, part.scopeAttributes)
  })
  for (const record of part.records) out.message(0x12, () => writeLogRecord(out, record))
  if (part.scopeSchemaUrl !== undefined) out.string(0x1a, part.scopeSchemaUrl)
}

function writeAttributes(out: Writer, tag: number, attributes: Attributes | undefined): void {
  if (attributes === undefined) return
  const entries = attributes instanceof Map ? attributes : Object.entries(attributes)
  for (const [key, value] of entries) writeKeyValue(out, tag, key, value)
}
