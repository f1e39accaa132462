import { AttributeWalk } from '#core'
import type { Altered } from './altered.ts'
import type { CopyWriter, Source } from './copy-writer.ts'
import { writeJsonString, writeJsonValue } from './json-value.ts'

const JSONB_VERSION = 1
const OPEN = 0x7b
const CLOSE = 0x7d
const COLON = 0x3a
const COMMA = 0x2c

/**
 * Writes the `field`-numbered KeyValues of the message range `source[from..to]` as a jsonb field: an
 * object. Of a key given twice jsonb keeps the last, as everywhere in Parsec.
 */
export function writeAttributes(
  out: CopyWriter,
  source: Source,
  from: number,
  to: number,
  field: number,
  altered: Altered,
): void {
  const start = out.beginField()
  out.reserve(3)
  out.bytes[out.pos++] = JSONB_VERSION
  out.bytes[out.pos++] = OPEN
  const first = out.pos
  const pos = writeShortPairs(out, source, from, to, field, altered)
  if (pos < to) {
    const walk = new AttributeWalk(source.bytes, pos, to, field)
    while (walk.next()) {
      writeJsonString(out, source, walk.keyOffset, walk.keyEnd, altered)
      byte(out, COLON)
      writeJsonValue(out, source, walk.valueOffset, walk.valueEnd, altered)
      byte(out, COMMA)
    }
  }
  // The last comma gives way to the brace.
  if (out.pos > first) out.pos--
  byte(out, CLOSE)
  out.endField(start)
}

/**
 * Fast path: KeyValues under 128 bytes that are a key and a value in this order, no more. Returns
 * where the first one begins that is not; `to` when there is none. Allocates nothing.
 */
function writeShortPairs(
  out: CopyWriter,
  source: Source,
  from: number,
  to: number,
  field: number,
  altered: Altered,
): number {
  const { bytes } = source
  const tag = (field << 3) | 2
  let pos = from
  while (pos < to) {
    // The decode has checked that the pair lies within the range, not that its first fields are
    // these: past the end `undefined` compares unequal.
    const keyLength = bytes[pos + 3]!
    const valueTag = pos + 4 + keyLength
    const offset = valueTag + 2
    const end = pos + 2 + bytes[pos + 1]!
    if (
      bytes[pos] !== tag ||
      bytes[pos + 1]! >= 0x80 ||
      bytes[pos + 2] !== 0x0a ||
      keyLength >= 0x80 ||
      offset > end ||
      bytes[valueTag] !== 0x12 ||
      offset + bytes[valueTag + 1]! !== end
    ) {
      break
    }
    writeJsonString(out, source, pos + 4, valueTag, altered)
    byte(out, COLON)
    writeJsonValue(out, source, offset, end, altered)
    byte(out, COMMA)
    pos = end
  }
  return pos
}

function byte(out: CopyWriter, value: number): void {
  out.reserve(1)
  out.bytes[out.pos++] = value
}
