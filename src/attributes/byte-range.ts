import type { Writer } from '../wire/writer.ts'

/** Below this many bytes a loop is faster than a view and a copy. */
const LOOP_BYTES_MAX = 16

/** Copies `source[start..end]` to the writer's position. */
export function copyRange(out: Writer, source: Buffer, start: number, end: number): void {
  const count = end - start
  out.reserve(count)
  const { bytes } = out
  let at = out.pos
  out.pos += count
  if (count > LOOP_BYTES_MAX) bytes.set(source.subarray(start, end), at)
  else for (let i = start; i < end; i++) bytes[at++] = source[i]!
}

/** Are the `count` bytes of `a` from `aStart` on those of `b` from `bStart` on? */
export function sameBytes(
  a: Buffer,
  aStart: number,
  b: Buffer,
  bStart: number,
  count: number,
): boolean {
  // Neighbouring attribute keys often begin alike (`http.request.`), so the end is compared first.
  for (let i = count - 1; i >= 0; i--) if (a[aStart + i] !== b[bStart + i]) return false
  return true
}

/** The length written at `pos` in one or two bytes; NaN when it takes more, or there is none. */
export function shortLength(bytes: Buffer, pos: number): number {
  const first = bytes[pos]!
  if (first < 0x80) return first
  const second = bytes[pos + 1]!
  return second < 0x80 ? (first & 0x7f) | (second << 7) : NaN
}

/** Where the payload begins behind a length that `shortLength` can read. */
export function skipShortLength(bytes: Buffer, pos: number): number {
  return bytes[pos]! < 0x80 ? pos + 1 : pos + 2
}
