import type { LogBatch } from '../batch/log-batch.ts'
import { Reader } from '../wire/reader.ts'
import { varintSize, Writer } from '../wire/writer.ts'

const RECORD_TAG = 0x12
const SCOPE_LOGS_TAG = 0x12
const RESOURCE_LOGS_TAG = 0x0a
const RESOURCE_TAG = 0x0a
const RESOURCE_FIELD = 1
const RESOURCE_LOGS_FIELD = 1
/** ResourceLogs.scope_logs and ScopeLogs.log_records. */
const CHILDREN_FIELD = 2

/**
 * Writes a batch as an ExportLogsServiceRequest. An untouched batch is its own encoding: the bytes
 * that came in are returned, not copied. Otherwise untouched records are copied as merged byte
 * ranges, rewritten ones from the overlay, and the other fields of every envelope, unknown ones
 * included, as they are. Envelopes without a record left are dropped.
 *
 * The result may share memory with the batch: do not write to it.
 */
export function encodeLogs(batch: LogBatch): Buffer {
  if (batch.isUntouched) return batch.bytes
  const plan = planRows(batch)
  const writer = new Writer(plan.totalBytes)
  if (plan.scopes.length > 0) writeRequestFields(writer, batch)
  let scope = 0
  while (scope < plan.scopes.length) {
    const resource = plan.scopes[scope]!.resource
    let size = envelopeBytes(batch, resource)
    let next = scope
    while (next < plan.scopes.length && plan.scopes[next]!.resource === resource) {
      const length = plan.scopes[next]!.bytes
      size += 1 + varintSize(length) + length
      next++
    }
    writer.varint(RESOURCE_LOGS_TAG)
    writer.varint(size)
    writeEnvelope(writer, batch, resource)
    for (; scope < next; scope++) writeScope(writer, batch, plan.scopes[scope]!)
  }
  return writer.finish()
}

/** Writes what lies beside the resources: nothing, but for fields of a later OTLP. */
function writeRequestFields(writer: Writer, { bytes }: LogBatch): void {
  otherFields(bytes, 0, bytes.length, RESOURCE_LOGS_FIELD, 0, (start, end) =>
    writer.raw(bytes, start, end),
  )
}

/** The selected rows of one scope: `from .. to` within the selection. */
interface ScopePlan {
  readonly scope: number
  readonly resource: number
  readonly from: number
  to: number
  /** Length of the ScopeLogs message. */
  bytes: number
}

function planRows(batch: LogBatch): { scopes: ScopePlan[]; totalBytes: number } {
  const { columns, overlay } = batch
  const scopes: ScopePlan[] = []
  let current: ScopePlan | undefined
  for (let i = 0; i < batch.count; i++) {
    const row = batch.row(i)
    const scope = columns.scope[row]!
    if (current === undefined || current.scope !== scope) {
      const resource = batch.scopes.resource[scope]!
      current = { scope, resource, from: i, to: i, bytes: scopeFieldBytes(batch, scope) }
      scopes.push(current)
    }
    current.to = i + 1
    const changed = overlay === undefined ? -1 : overlay.rowOf[row]!
    if (changed < 0) current.bytes += columns.end[row]! - columns.start[row]!
    else {
      const length = overlay!.columns.end[changed]! - overlay!.columns.offset[changed]!
      current.bytes += 1 + varintSize(length) + length
    }
  }
  let totalBytes = 0
  let resource = -1
  for (const plan of scopes) {
    // Tag and length of the scope, and of each resource once: at most six bytes each.
    totalBytes += plan.bytes + 12
    if (plan.resource !== resource) totalBytes += envelopeBytes(batch, plan.resource)
    resource = plan.resource
  }
  return { scopes, totalBytes }
}

function writeScope(writer: Writer, batch: LogBatch, plan: ScopePlan): void {
  writer.varint(SCOPE_LOGS_TAG)
  writer.varint(plan.bytes)
  const { scopes, columns, overlay, bytes } = batch
  otherFields(
    bytes,
    scopes.offset[plan.scope]!,
    scopes.end[plan.scope]!,
    CHILDREN_FIELD,
    0,
    (start, end) => writer.raw(bytes, start, end),
  )
  // Neighbouring untouched records are copied in one piece.
  let start = 0
  let end = 0
  for (let i = plan.from; i < plan.to; i++) {
    const row = batch.row(i)
    const changed = overlay === undefined ? -1 : overlay.rowOf[row]!
    if (changed < 0 && columns.start[row] === end) {
      end = columns.end[row]!
      continue
    }
    if (end > start) writer.raw(bytes, start, end)
    start = end = 0
    if (changed < 0) {
      start = columns.start[row]!
      end = columns.end[row]!
    } else {
      const { offset, end: stop } = overlay!.columns
      writer.lengthDelimited(RECORD_TAG, overlay!.bytes, offset[changed], stop[changed])
    }
  }
  if (end > start) writer.raw(bytes, start, end)
}

/** Writes a ResourceLogs' fields beside its scopes. */
function writeEnvelope(writer: Writer, batch: LogBatch, resource: number): void {
  const { resources, bytes } = batch
  const rewritten = batch.resourceOverlay?.get(resource)
  if (rewritten !== undefined) writer.lengthDelimited(RESOURCE_TAG, rewritten)
  const skipped = rewritten === undefined ? 0 : RESOURCE_FIELD
  otherFields(
    bytes,
    resources.offset[resource]!,
    resources.end[resource]!,
    CHILDREN_FIELD,
    skipped,
    (from, to) => writer.raw(bytes, from, to),
  )
}

function envelopeBytes(batch: LogBatch, resource: number): number {
  const { resources, bytes } = batch
  const rewritten = batch.resourceOverlay?.get(resource)
  let size = rewritten === undefined ? 0 : 1 + varintSize(rewritten.length) + rewritten.length
  const skipped = rewritten === undefined ? 0 : RESOURCE_FIELD
  otherFields(
    bytes,
    resources.offset[resource]!,
    resources.end[resource]!,
    CHILDREN_FIELD,
    skipped,
    (from, to) => {
      size += to - from
    },
  )
  return size
}

function scopeFieldBytes(batch: LogBatch, scope: number): number {
  let size = 0
  otherFields(
    batch.bytes,
    batch.scopes.offset[scope]!,
    batch.scopes.end[scope]!,
    CHILDREN_FIELD,
    0,
    (from, to) => {
      size += to - from
    },
  )
  return size
}

type Visit = (start: number, end: number) => void

/** Visits the byte range of every field of a message but those numbered `without` or `skipped`. */
function otherFields(
  bytes: Buffer,
  offset: number,
  end: number,
  without: number,
  skipped: number,
  visit: Visit,
): void {
  const reader = new Reader(bytes, offset, end)
  while (reader.pos < end) {
    const start = reader.pos
    const tag = reader.tag()
    reader.skip(tag)
    if (tag >>> 3 !== without && tag >>> 3 !== skipped) visit(start, reader.pos)
  }
}
