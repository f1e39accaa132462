import { type AnyValue, readAnyValue } from '#core'
import { type Altered, withoutNul } from './altered.ts'
import type { CopyWriter, Source } from './copy-writer.ts'
import { validText } from './text.ts'

/** Bytes that stand for themselves in a JSON string: ASCII but controls, quote and backslash. */
const PLAIN = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x20 && byte < 0x80 && byte !== 0x22 && byte !== 0x5c ? 1 : 0,
)
const QUOTE = 0x22

/** Writes `source[from..to]` as a JSON string; NUL and what is no UTF-8 are replaced. */
export function writeJsonString(
  out: CopyWriter,
  source: Source,
  from: number,
  to: number,
  altered: Altered,
): void {
  const length = to - from
  out.reserve(length + 2)
  const { bytes, pos } = out
  const input = source.bytes
  bytes[pos] = QUOTE
  for (let i = 0; i < length; i++) {
    const byte = input[from + i]!
    if (PLAIN[byte] === 0) {
      out.utf8(JSON.stringify(validText(source, from, to, altered)))
      return
    }
    bytes[pos + 1 + i] = byte
  }
  bytes[pos + 1 + length] = QUOTE
  out.pos = pos + length + 2
}

/**
 * Writes the AnyValue message `source[offset..end]` as JSON. Integers keep all their digits; NaN and
 * infinities, which JSON has not, become strings, and bytes base64. The range MUST have been checked
 * by a decode.
 */
export function writeJsonValue(
  out: CopyWriter,
  source: Source,
  offset: number,
  end: number,
  altered: Altered,
): void {
  const { bytes } = source
  // Fast paths: a message of one member, as nearly all are. The decode has checked the lengths, but
  // other fields may follow; only when the member reaches to `end` is it alone.
  switch (offset < end ? bytes[offset] : undefined) {
    case 0x0a:
      if (bytes[offset + 1]! < 0x80 && offset + 2 + bytes[offset + 1]! === end) {
        writeJsonString(out, source, offset + 2, end, altered)
        return
      }
      break
    case 0x10:
      if (end === offset + 2) {
        out.utf8(bytes[offset + 1] === 0 ? 'false' : 'true')
        return
      }
      break
    case 0x18:
      if (end - offset <= 5 && writeSmallInteger(out, bytes, offset + 1, end)) return
      break
    case 0x21:
      if (end === offset + 9) {
        out.utf8(numberText(source.view.getFloat64(offset + 1, true)))
        return
      }
      break
    default:
  }
  out.utf8(jsonText(readAnyValue(bytes, offset, end), altered))
}

/** Writes a varint of at most four bytes in decimal. False: not that. */
function writeSmallInteger(out: CopyWriter, bytes: Buffer, offset: number, end: number): boolean {
  let value = 0
  for (let pos = offset, shift = 0; pos < end; pos++, shift += 7) {
    const byte = bytes[pos]!
    if (byte < 0x80 !== (pos === end - 1)) return false
    value |= (byte & 0x7f) << shift
  }
  let digits = 1
  for (let bound = 10; bound <= value; bound *= 10) digits++
  out.reserve(digits)
  let rest = value
  for (let at = out.pos + digits - 1; at >= out.pos; at--) {
    const tenth = (rest / 10) | 0
    out.bytes[at] = 0x30 + rest - tenth * 10
    rest = tenth
  }
  out.pos += digits
  return true
}

/** One AnyValue as JSON text that jsonb takes. */
export function jsonText(value: AnyValue, altered: Altered): string {
  switch (typeof value) {
    case 'undefined':
      return 'null'
    case 'bigint':
    case 'boolean':
      return String(value)
    case 'number':
      return numberText(value)
    case 'string':
      return JSON.stringify(withoutNul(value, altered))
    default:
  }
  if (value instanceof Uint8Array) return JSON.stringify(Buffer.from(value).toString('base64'))
  if (Array.isArray(value)) return `[${value.map(inner => jsonText(inner, altered)).join(',')}]`
  const entries = [...value].map(
    ([key, inner]) => `${JSON.stringify(withoutNul(key, altered))}:${jsonText(inner, altered)}`,
  )
  return `{${entries.join(',')}}`
}

function numberText(value: number): string {
  return Number.isFinite(value) ? String(value) : `"${value}"`
}
