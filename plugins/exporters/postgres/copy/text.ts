import { isUtf8 } from 'node:buffer'
import { type Altered, withoutNul } from './altered.ts'
import type { CopyWriter, Source } from './copy-writer.ts'

/** Writes `source[from..to]` as a text field: UTF-8 as it is, NUL and what is no UTF-8 replaced. */
export function writeText(
  out: CopyWriter,
  source: Source,
  from: number,
  to: number,
  altered: Altered,
): void {
  const length = to - from
  out.reserve(length + 4)
  const { view, bytes } = out
  view.setInt32(out.pos, length)
  const start = out.pos + 4
  // Fast path: ASCII without NUL, checked and copied four bytes at a time.
  let i = 0
  for (; i + 4 <= length; i += 4) {
    const word = source.view.getInt32(from + i)
    if ((word & 0x80808080) !== 0 || ((word - 0x01010101) & 0x80808080) !== 0) break
    view.setInt32(start + i, word)
  }
  for (; i < length; i++) {
    const byte = source.bytes[from + i]!
    if (byte === 0 || byte > 0x7f) break
    bytes[start + i] = byte
  }
  if (i === length) {
    out.pos = start + length
    return
  }
  const rest = source.bytes.subarray(from, to)
  if (isUtf8(rest) && !rest.includes(0)) {
    bytes.set(rest, start)
    out.pos = start + length
    return
  }
  const field = out.beginField()
  out.utf8(validText(source, from, to, altered))
  out.endField(field)
}

/** The text of `source[from..to]` with everything replaced that PostgreSQL refuses. */
export function validText(source: Source, from: number, to: number, altered: Altered): string {
  if (!isUtf8(source.bytes.subarray(from, to))) altered.invalid_utf8++
  return withoutNul(source.bytes.toString('utf8', from, to), altered)
}
