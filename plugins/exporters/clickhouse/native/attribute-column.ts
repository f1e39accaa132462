import { AttributeWalk } from '#core'
import { type BlockWriter, COPY_SLACK_BYTES, copyLoosely, type Source } from './block-writer.ts'
import type { Rows } from './rows.ts'
import { writeValueText } from './value-text.ts'

const LOG_ATTRIBUTES = 6

/**
 * LogAttributes: the pairs as they come, duplicates included. `values` takes the values while the
 * keys go to `out`, since all keys come before all values.
 */
export function writeLogAttributes(out: BlockWriter, rows: Rows, values: BlockWriter): void {
  values.pos = 0
  out.reserve(rows.count * 8)
  let offsetAt = out.pos
  out.pos += rows.count * 8
  let total = 0
  for (let i = 0; i < rows.count; i++, offsetAt += 8) {
    const source = rows.isRewritten[i] === 1 ? rows.overlay : rows.base
    const { attributesOffset, attributesEnd } = source.columns
    const at = rows.entry[i]!
    total += writePairs(out, values, source, attributesOffset[at]!, attributesEnd[at]!)
    // Fewer than 2^32 attributes fit in any batch.
    out.view.setUint32(offsetAt, total, true)
    out.view.setUint32(offsetAt + 4, 0, true)
  }
  out.copy(values, 0, values.pos)
}

/** Writes one record's pairs; returns how many. */
function writePairs(
  keys: BlockWriter,
  values: BlockWriter,
  source: Source,
  from: number,
  to: number,
): number {
  const { bytes, view } = source
  // Copies may read this far past their range; only the last record of a batch has not the room.
  const fastTo = to + COPY_SLACK_BYTES <= bytes.length ? to : 0
  let count = 0
  let pos = from
  keys.reserve(to - from + COPY_SLACK_BYTES)
  values.reserve(to - from + COPY_SLACK_BYTES)
  while (pos < fastTo) {
    // Fast path: a KeyValue under 128 bytes that is its key and its value in this order, no more.
    const keyLength = bytes[pos + 3]!
    const valueTag = pos + 4 + keyLength
    const offset = valueTag + 2
    const end = pos + 2 + bytes[pos + 1]!
    if (
      bytes[pos] !== 0x32 ||
      bytes[pos + 1]! >= 0x80 ||
      bytes[pos + 2] !== 0x0a ||
      bytes[valueTag] !== 0x12 ||
      offset + bytes[valueTag + 1]! !== end
    ) {
      break
    }
    copyLoosely(view, pos + 3, keys.view, keys.pos, keyLength + 1)
    keys.pos += keyLength + 1
    if (bytes[offset] === 0x0a && offset + 2 + bytes[offset + 1]! === end) {
      copyLoosely(view, offset + 1, values.view, values.pos, end - offset - 1)
      values.pos += end - offset - 1
    } else {
      writeValueText(values, source, offset, end)
      values.reserve(to - end + COPY_SLACK_BYTES)
    }
    pos = end
    count++
  }
  return pos < to ? count + writeOtherPairs(keys, values, source, pos, to) : count
}

/** The same for pairs of any form. */
function writeOtherPairs(
  keys: BlockWriter,
  values: BlockWriter,
  source: Source,
  from: number,
  to: number,
): number {
  const walk = new AttributeWalk(source.bytes, from, to, LOG_ATTRIBUTES)
  let count = 0
  while (walk.next()) {
    keys.string(source, walk.keyOffset, walk.keyEnd)
    writeValueText(values, source, walk.valueOffset, walk.valueEnd)
    count++
  }
  return count
}
