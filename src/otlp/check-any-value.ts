import { Reader, WIRE_BYTES, WIRE_FIXED64, WIRE_VARINT } from '../wire/reader.ts'
import { WireError } from '../wire/wire-error.ts'

/**
 * How deep AnyValues may nest. Each level is one recursion of every later reader, so the bound is
 * what keeps a hostile body from exhausting the stack; real values stay under ten.
 */
export const NESTING_DEPTH_MAX = 64

/** Wire types of AnyValue's oneof by field number: string .. bytes, string_value_strindex. */
export const VALUE_WIRE_TYPES: readonly (number | undefined)[] = [
  undefined,
  WIRE_BYTES,
  WIRE_VARINT,
  WIRE_VARINT,
  WIRE_FIXED64,
  WIRE_BYTES,
  WIRE_BYTES,
  WIRE_BYTES,
  WIRE_VARINT,
]

/**
 * Checks the KeyValue in `bytes[offset..end]`, all the way down. Returns true when its value is set
 * twice, so that `mergeDuplicates` is needed. Throws WireError.
 */
export function checkKeyValue(bytes: Buffer, offset: number, end: number, depth: number): boolean {
  // Fast path: a key and a value in this order, both shorter than 128 bytes, and nothing else.
  if (offset + 2 < end && bytes[offset] === 0x0a) {
    const at = offset + 2 + bytes[offset + 1]!
    if (bytes[offset + 1]! < 0x80 && at + 2 <= end && bytes[at] === 0x12) {
      const value = at + 2
      if (bytes[at + 1]! < 0x80 && value + bytes[at + 1]! === end) {
        return checkAnyValue(bytes, value, end, depth)
      }
    }
  }
  return checkAnyKeyValue(new Reader(bytes, offset, end), depth)
}

function checkAnyKeyValue(reader: Reader, depth: number): boolean {
  let values = 0
  let duplicated = false
  const { end } = reader
  while (reader.pos < end) {
    const at = reader.pos
    const tag = reader.tag()
    const field = tag >>> 3
    if (field === 1 || field === 2)
      expectWireType(tag, WIRE_BYTES, at, field === 1 ? 'key' : 'value')
    if (field === 3) expectWireType(tag, WIRE_VARINT, at, 'key_strindex')
    if (field !== 2) {
      reader.skip(tag)
      continue
    }
    const stop = reader.lengthDelimited()
    if (checkAnyValue(reader.bytes as Buffer, reader.pos, stop, depth)) duplicated = true
    if (values++ > 0) duplicated = true
    reader.pos = stop
  }
  return duplicated
}

/**
 * Checks the AnyValue in `bytes[offset..end]`, all the way down. Returns true when it sets more than
 * one member of its oneof. Throws WireError.
 */
export function checkAnyValue(bytes: Buffer, offset: number, end: number, depth: number): boolean {
  if (offset === end) return false
  // Fast path: one string, bool, short int or double, and nothing else.
  switch (bytes[offset]) {
    case 0x0a:
      if (bytes[offset + 1]! < 0x80) {
        if (offset + 2 + bytes[offset + 1]! === end) return false
      } else if (
        bytes[offset + 2]! < 0x80 &&
        offset + 3 + ((bytes[offset + 1]! & 0x7f) | (bytes[offset + 2]! << 7)) === end
      ) {
        return false
      }
      break
    case 0x10:
    case 0x18:
      if (isVarint(bytes, offset + 1, end)) return false
      break
    case 0x21:
      if (offset + 9 === end) return false
      break
    default:
  }
  return checkAnyAnyValue(new Reader(bytes, offset, end), depth)
}

/** Is `bytes[offset..end]` exactly one varint? */
function isVarint(bytes: Buffer, offset: number, end: number): boolean {
  const last = end - 1
  if (last < offset || last - offset > 9 || bytes[last]! >= 0x80) return false
  for (let pos = offset; pos < last; pos++) if (bytes[pos]! < 0x80) return false
  return true
}

function checkAnyAnyValue(reader: Reader, depth: number): boolean {
  if (depth >= NESTING_DEPTH_MAX) {
    throw new WireError(`values nest deeper than ${NESTING_DEPTH_MAX}`, reader.pos)
  }
  let members = 0
  let duplicated = false
  const { end } = reader
  while (reader.pos < end) {
    const at = reader.pos
    const tag = reader.tag()
    const field = tag >>> 3
    const expected = VALUE_WIRE_TYPES[field]
    if (expected === undefined) {
      reader.skip(tag)
      continue
    }
    expectWireType(tag, expected, at, '')
    if (members++ > 0) duplicated = true
    if (field === 5 || field === 6) {
      const stop = reader.lengthDelimited()
      if (checkList(reader, stop, field, depth + 1)) duplicated = true
      reader.pos = stop
    } else reader.skip(tag)
  }
  return duplicated
}

/** Checks an ArrayValue (`field` 5) or KeyValueList (6) from the reader's position to `end`. */
function checkList(reader: Reader, end: number, field: number, depth: number): boolean {
  const bytes = reader.bytes as Buffer
  const inner = new Reader(bytes, reader.pos, end)
  let duplicated = false
  while (inner.pos < end) {
    const at = inner.pos
    const tag = inner.tag()
    if (tag >>> 3 !== 1) {
      inner.skip(tag)
      continue
    }
    expectWireType(tag, WIRE_BYTES, at, 'values')
    const stop = inner.lengthDelimited()
    const check = field === 5 ? checkAnyValue : checkKeyValue
    if (check(bytes, inner.pos, stop, depth)) duplicated = true
    inner.pos = stop
  }
  return duplicated
}

/** Throws when a known field has another wire type than its own. */
export function expectWireType(tag: number, expected: number, at: number, path: string): void {
  if ((tag & 7) === expected) return
  throw new WireError(`wire type is ${tag & 7}, must be ${expected}`, at, path)
}
