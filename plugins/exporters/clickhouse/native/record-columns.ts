import type { BlockWriter } from './block-writer.ts'
import type { Rows } from './rows.ts'
import { writeValueText } from './value-text.ts'

/*
 * The columns that differ from record to record. Each is one loop over the rows: the branch on the
 * kind of column is outside, and nothing is allocated inside.
 */

/**
 * Timestamp: the record's time, or its observed time, or else `fallbackNanos`. The 64 bits are
 * copied, so that times before 1970, which some senders write as two's complement, come out right.
 */
export function writeTimes(out: BlockWriter, rows: Rows, fallbackNanos: bigint): void {
  out.reserve(rows.count * 8)
  const { view } = out
  let { pos } = out
  const fallbackLow = Number(fallbackNanos & 0xffffffffn)
  const fallbackHigh = Number((fallbackNanos >> 32n) & 0xffffffffn)
  for (let i = 0; i < rows.count; i++, pos += 8) {
    const { columns } = rows.isRewritten[i] === 1 ? rows.overlay : rows.base
    const at = rows.entry[i]!
    let low = columns.timeLow[at]!
    let high = columns.timeHigh[at]!
    if (low === 0 && high === 0) {
      low = columns.observedTimeLow[at]!
      high = columns.observedTimeHigh[at]!
      if (low === 0 && high === 0) {
        low = fallbackLow
        high = fallbackHigh
      }
    }
    view.setUint32(pos, low, true)
    view.setUint32(pos + 4, high, true)
  }
  out.pos = pos
}

/** TraceId or SpanId: `count` bytes in hex. Absent and all-zero ids, which are invalid, give ''. */
export function writeIds(
  out: BlockWriter,
  rows: Rows,
  column: 'traceIdOffset' | 'spanIdOffset',
  count: 8 | 16,
): void {
  out.reserve(rows.count * (count * 2 + 1))
  const { view, bytes } = out
  const base = rows.base.columns[column]
  const overlay = rows.overlay.columns[column]
  let { pos } = out
  for (let i = 0; i < rows.count; i++) {
    const source = rows.isRewritten[i] === 1 ? rows.overlay : rows.base
    const offset = (source === rows.base ? base : overlay)[rows.entry[i]!]!
    if (offset === 0 || isZero(source.view, offset, count)) {
      bytes[pos++] = 0
      continue
    }
    bytes[pos++] = count * 2
    for (let at = offset; at < offset + count; at += 2, pos += 4) {
      view.setUint32(pos, hexDigits(source.view.getUint16(at, true)), true)
    }
  }
  out.pos = pos
}

/** TraceFlags: the low eight bits, which are all that W3C defines. */
export function writeFlags(out: BlockWriter, rows: Rows): void {
  out.reserve(rows.count)
  for (let i = 0; i < rows.count; i++) {
    const { columns } = rows.isRewritten[i] === 1 ? rows.overlay : rows.base
    out.bytes[out.pos++] = columns.flags[rows.entry[i]!]! & 0xff
  }
}

/** SeverityNumber: 0 to 255; what lies outside is no severity of OTLP and goes to the nearer end. */
export function writeSeverityNumbers(out: BlockWriter, rows: Rows): void {
  out.reserve(rows.count)
  for (let i = 0; i < rows.count; i++) {
    const { columns } = rows.isRewritten[i] === 1 ? rows.overlay : rows.base
    const severity = columns.severityNumber[rows.entry[i]!]!
    out.bytes[out.pos++] = severity < 0 ? 0 : severity > 255 ? 255 : severity
  }
}

/** SeverityText or EventName, byte for byte. */
export function writeStrings(
  out: BlockWriter,
  rows: Rows,
  offsets: 'severityTextOffset' | 'eventNameOffset',
  ends: 'severityTextEnd' | 'eventNameEnd',
): void {
  const base = [rows.base.columns[offsets], rows.base.columns[ends]] as const
  const overlay = [rows.overlay.columns[offsets], rows.overlay.columns[ends]] as const
  for (let i = 0; i < rows.count; i++) {
    const isRewritten = rows.isRewritten[i] === 1
    const [from, to] = isRewritten ? overlay : base
    const at = rows.entry[i]!
    out.string(isRewritten ? rows.overlay : rows.base, from[at]!, to[at]!)
  }
}

/** Body: text byte for byte, other values in their text form. */
export function writeBodies(out: BlockWriter, rows: Rows): void {
  for (let i = 0; i < rows.count; i++) {
    const source = rows.isRewritten[i] === 1 ? rows.overlay : rows.base
    const { bodyOffset, bodyEnd } = source.columns
    const at = rows.entry[i]!
    writeValueText(out, source, bodyOffset[at]!, bodyEnd[at]!)
  }
}

/**
 * The four hex digits of two bytes, as four bytes: each nibble gets a byte of its own, plus '0', plus
 * the gap from '9' to 'a' where it is over nine.
 */
function hexDigits(pair: number): number {
  const nibbles =
    ((pair >> 4) & 0xf) | ((pair & 0xf) << 8) | ((pair & 0xf000) << 4) | ((pair & 0xf00) << 16)
  const overNine = ((nibbles + 0x06060606) >> 4) & 0x01010101
  return nibbles + 0x30303030 + overNine * 39
}

function isZero(view: DataView, offset: number, count: 8 | 16): boolean {
  for (let at = offset; at < offset + count; at += 4) if (view.getUint32(at) !== 0) return false
  return true
}
