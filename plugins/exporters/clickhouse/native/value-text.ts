import { anyValueText, readAnyValue } from '#core'
import type { BlockWriter, Source } from './block-writer.ts'

const TRUE = Buffer.from('\x04true', 'latin1')
const FALSE = Buffer.from('\x05false', 'latin1')

/**
 * Writes the AnyValue message `source[offset..end]` as a String: strings byte for byte, everything
 * else in the text form of `anyValueText`. The range MUST have been checked by a decode.
 */
export function writeValueText(
  out: BlockWriter,
  source: Source,
  offset: number,
  end: number,
): void {
  if (offset === end) {
    out.varuint(0)
    return
  }
  const { bytes } = source
  // Fast paths: a message of one member, as nearly all are. The decode has checked the lengths, but
  // other fields may follow; only when the member reaches to `end` is it alone.
  switch (bytes[offset]) {
    case 0x0a:
      if (isWholeString(bytes, offset + 1, end)) {
        out.copy(source, offset + 1, end)
        return
      }
      break
    case 0x10:
      if (end === offset + 2) {
        const text = bytes[offset + 1] === 0 ? FALSE : TRUE
        out.reserve(8)
        for (let i = 0; i < text.length; i++) out.bytes[out.pos++] = text[i]!
        return
      }
      break
    case 0x18:
      if (end - offset <= 8 && writeInteger(out, bytes, offset + 1, end)) return
      break
    case 0x21:
      if (end === offset + 9) {
        out.text(String(source.view.getFloat64(offset + 1, true)))
        return
      }
      break
    default:
  }
  out.text(anyValueText(readAnyValue(bytes, offset, end)))
}

/** Is `bytes[at..end]` one length in its shortest form, and just that many bytes after it? */
function isWholeString(bytes: Buffer, at: number, end: number): boolean {
  const low = bytes[at]!
  if (low < 0x80) return at + 1 + low === end
  const high = bytes[at + 1]!
  return high > 0 && high < 0x80 && at + 2 + ((low & 0x7f) | (high << 7)) === end
}

/** Writes a varint of at most seven bytes, always below 2^53, in decimal. False: not that. */
function writeInteger(out: BlockWriter, bytes: Buffer, offset: number, end: number): boolean {
  let value = 0
  let scale = 1
  for (let pos = offset; pos < end; pos++) {
    const byte = bytes[pos]!
    if (byte < 0x80 !== (pos === end - 1)) return false
    value += (byte & 0x7f) * scale
    scale *= 128
  }
  if (value > 0x3fffffff) {
    out.text(String(value))
    return true
  }
  writeSmallInteger(out, value)
  return true
}

/** Writes a number below 2^30 in decimal: digits from the right, all in small-integer arithmetic. */
function writeSmallInteger(out: BlockWriter, value: number): void {
  let digits = 1
  for (let bound = 10; bound <= value; bound *= 10) digits++
  out.reserve(digits + 1)
  const { bytes } = out
  bytes[out.pos] = digits
  let rest = value
  for (let at = out.pos + digits; at > out.pos; at--) {
    const tenth = (rest / 10) | 0
    bytes[at] = 0x30 + rest - tenth * 10
    rest = tenth
  }
  out.pos += digits + 1
}
