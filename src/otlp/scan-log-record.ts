import type { LogColumns } from '../batch/columns.ts'
import { Reader } from '../wire/reader.ts'
import { WireError } from '../wire/wire-error.ts'
import { checkAnyValue, checkKeyValue } from './check-any-value.ts'

/** What `scanLogRecord` reads and writes. `view` covers exactly the bytes of `bytes`. */
export interface ScanTarget {
  readonly bytes: Buffer
  readonly view: DataView
  readonly columns: LogColumns
}

export function scanTarget(bytes: Buffer, columns: LogColumns): ScanTarget {
  return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length), columns }
}

/**
 * Reads the LogRecord in `bytes[offset..end]` into row `row` of the columns, checking everything
 * inside it. The row MUST be zero before. Returns true when the record holds a field twice that
 * protobuf says to merge (its body, a value): such a record must go through `mergeDuplicates`.
 * Throws WireError.
 *
 * The hot loop of the decoder. One byte decides the field, since every known tag is below 128;
 * columns are written once per field; nothing is allocated per record.
 */
// oxlint-disable-next-line max-lines-per-function -- one switch, one case a field: a split would cost calls
export function scanLogRecord(
  target: ScanTarget,
  row: number,
  offset: number,
  end: number,
): boolean {
  const { bytes, view, columns } = target
  let pos = offset
  let attributes = 0
  let duplicated = false
  columns.offset[row] = offset
  columns.end[row] = end
  while (pos < end) {
    const tag = bytes[pos]!
    switch (tag) {
      case 0x32: {
        // attributes
        if (attributes++ === 0) columns.attributesOffset[row] = pos
        pos = payload(bytes, pos, end)
        if (checkKeyValue(bytes, pos, payloadEnd, 0)) duplicated = true
        columns.attributesEnd[row] = pos = payloadEnd
        break
      }
      case 0x09: // time_unix_nano
        if (pos + 9 > end) throw cutShort(tag, pos)
        columns.timeLow[row] = view.getUint32(pos + 1, true)
        columns.timeHigh[row] = view.getUint32(pos + 5, true)
        pos += 9
        break
      case 0x59: // observed_time_unix_nano
        if (pos + 9 > end) throw cutShort(tag, pos)
        columns.observedTimeLow[row] = view.getUint32(pos + 1, true)
        columns.observedTimeHigh[row] = view.getUint32(pos + 5, true)
        pos += 9
        break
      case 0x10: // severity_number
        if (pos + 1 < end && bytes[pos + 1]! < 0x80) {
          columns.severityNumber[row] = bytes[pos + 1]!
          pos += 2
        } else pos = longSeverity(columns, row, bytes, pos, end)
        break
      case 0x1a: // severity_text
        columns.severityTextOffset[row] = payload(bytes, pos, end)
        columns.severityTextEnd[row] = pos = payloadEnd
        break
      case 0x2a: // body
        if (columns.bodyOffset[row] !== 0) duplicated = true
        columns.bodyOffset[row] = pos = payload(bytes, pos, end)
        columns.bodyEnd[row] = payloadEnd
        if (checkBody(bytes, pos, payloadEnd)) duplicated = true
        pos = columns.bodyEnd[row]!
        break
      case 0x45: // flags
        if (pos + 5 > end) throw cutShort(tag, pos)
        columns.flags[row] = view.getUint32(pos + 1, true)
        pos += 5
        break
      case 0x4a: // trace_id
        columns.traceIdOffset[row] = id(bytes, pos, end, 16)
        pos = payloadEnd
        break
      case 0x52: // span_id
        columns.spanIdOffset[row] = id(bytes, pos, end, 8)
        pos = payloadEnd
        break
      case 0x62: // event_name
        columns.eventNameOffset[row] = payload(bytes, pos, end)
        columns.eventNameEnd[row] = pos = payloadEnd
        break
      default:
        pos = skipOther(bytes, pos, end)
    }
  }
  columns.attributesCount[row] = attributes
  return duplicated
}

/** Where the payload ends that `payload` has just found. */
let payloadEnd = 0

/** Reads the length behind the one-byte tag at `at`; returns where the payload begins. */
function payload(bytes: Buffer, at: number, end: number): number {
  let pos = at + 1
  let length = pos < end ? bytes[pos]! : 0x80
  // Fast paths: lengths of one and two bytes.
  if (length < 0x80) pos++
  else if (pos + 1 < end && bytes[pos + 1]! < 0x80) {
    length = (length & 0x7f) | (bytes[pos + 1]! << 7)
    pos += 2
  } else {
    const reader = new Reader(bytes, pos, end)
    length = within(fieldName(bytes[at]!), () => reader.length())
    pos = reader.pos
  }
  payloadEnd = pos + length
  if (payloadEnd > end) {
    const over = payloadEnd - end
    throw new WireError(
      `length ${length} runs ${over} bytes past the end`,
      at,
      fieldName(bytes[at]!),
    )
  }
  return pos
}

/** An id is absent (no bytes) or exactly `size` bytes: the OTLP comments on LogRecord.trace_id. */
function id(bytes: Buffer, at: number, end: number, size: number): number {
  const offset = payload(bytes, at, end)
  const length = payloadEnd - offset
  if (length === size) return offset
  if (length === 0) return 0
  throw new WireError(`is ${length} bytes, must be ${size} or none`, at, fieldName(bytes[at]!))
}

function checkBody(bytes: Buffer, offset: number, end: number): boolean {
  try {
    return checkAnyValue(bytes, offset, end, 0)
  } catch (error) {
    throw error instanceof WireError ? error.within('body') : error
  }
}

function longSeverity(
  columns: LogColumns,
  row: number,
  bytes: Buffer,
  pos: number,
  end: number,
): number {
  const reader = new Reader(bytes, pos + 1, end)
  columns.severityNumber[row] = within('severity_number', () => reader.uint32())
  return reader.pos
}

/** Skips a field that has no column: `dropped_attributes_count` or one we do not know. */
function skipOther(bytes: Buffer, pos: number, end: number): number {
  const reader = new Reader(bytes, pos, end)
  const tag = reader.tag()
  const expected = WIRE_TYPES[tag >>> 3]
  if (expected !== undefined && expected !== (tag & 7)) {
    const reason = `wire type is ${tag & 7}, must be ${expected}`
    throw new WireError(reason, pos, NAMES[tag >>> 3])
  }
  // A known tag written in more bytes than needed would slip past the switch.
  if (expected !== undefined && tag !== 0x38) throw new WireError('tag is not minimal', pos)
  reader.skip(tag)
  return reader.pos
}

/** Of LogRecord's fields, by number. */
const WIRE_TYPES = [undefined, 1, 0, 2, undefined, 2, 2, 0, 5, 2, 2, 1, 2]
const NAMES = [
  '',
  'time_unix_nano',
  'severity_number',
  'severity_text',
  '',
  'body',
  'attributes',
  'dropped_attributes_count',
  'flags',
  'trace_id',
  'span_id',
  'observed_time_unix_nano',
  'event_name',
]

function fieldName(tag: number): string {
  return NAMES[tag >>> 3] ?? ''
}

function cutShort(tag: number, pos: number): WireError {
  return new WireError('fixed-width value is cut short', pos, fieldName(tag))
}

function within<T>(path: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw error instanceof WireError ? error.within(path) : error
  }
}
