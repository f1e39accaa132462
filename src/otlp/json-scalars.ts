import { JsonError } from '../wire/json-error.ts'
import type { JsonReader } from '../wire/json-reader.ts'
import type { Writer } from '../wire/writer.ts'
import type { JsonField } from './json-shape.ts'

const INTEGER = /^-?\d+$/
const NUMBER = /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/
/** Standard and URL-safe alphabets, padded or not. */
const BASE64 = /^[A-Za-z0-9+/_-]*={0,2}$/
/** How much of a bad value a message quotes. */
const QUOTED_CHARS_MAX = 40
const QUOTE = 0x22

/** Least and greatest value by kind. */
const RANGES = {
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  fixed64: [0n, 2n ** 64n - 1n],
  uint32: [0n, 2n ** 32n - 1n],
  fixed32: [0n, 2n ** 32n - 1n],
  int32: [-(2n ** 31n), 2n ** 31n - 1n],
  enum: [-(2n ** 31n), 2n ** 31n - 1n],
} as const

type IntegerKind = keyof typeof RANGES

/**
 * Reads one JSON value that is not an object and writes it as the field that it is. Lenient where
 * senders differ: integers as numbers or strings, enums by name, hex in either case, base64 in
 * either alphabet. Throws JsonError.
 */
export function transcodeScalar(reader: JsonReader, out: Writer, field: JsonField): void {
  const { kind, tag } = field
  switch (kind) {
    case 'string':
      writeString(reader, out, tag)
      return
    case 'bytes':
      out.lengthDelimited(tag, base64(reader))
      return
    case 'traceId':
      writeId(reader, out, tag, 16)
      return
    case 'spanId':
      writeId(reader, out, tag, 8)
      return
    case 'bool':
      writeBool(reader, out, tag)
      return
    case 'double':
      out.varint(tag)
      out.double(double(reader))
      return
    case 'message':
      throw new TypeError('a message is not a scalar')
    default:
      writeInteger(reader, out, field, kind)
  }
}

function writeString(reader: JsonReader, out: Writer, tag: number): void {
  expectString(reader)
  if (reader.isEscaped) out.string(tag, reader.text())
  else out.lengthDelimited(tag, reader.bytes, reader.tokenOffset, reader.tokenEnd)
}

function writeBool(reader: JsonReader, out: Writer, tag: number): void {
  const at = reader.pos
  const found = reader.describe()
  if (found !== 'a boolean') throw new JsonError(`is ${found}, must be a boolean`, at)
  out.varint(tag)
  out.varint(reader.literal() === true ? 1 : 0)
}

function writeId(reader: JsonReader, out: Writer, tag: number, size: number): void {
  const at = reader.pos
  expectString(reader)
  const { tokenOffset, tokenEnd, bytes } = reader
  const digits = tokenEnd - tokenOffset
  if (digits === 0) return
  if (digits !== 2 * size) {
    throw new JsonError(`is ${digits} hex digits, must be ${2 * size} or none`, at)
  }
  out.varint(tag)
  out.varint(size)
  out.reserve(size)
  for (let pos = tokenOffset; pos < tokenEnd; pos += 2) {
    const value = (HEX_DIGITS[bytes[pos]!]! << 4) | HEX_DIGITS[bytes[pos + 1]!]!
    if (value < 0) throw new JsonError(`${quote(reader)} is not hex`, at)
    out.bytes[out.pos++] = value
  }
}

/** Value of each hex digit by its code, -1 for every other byte. */
const HEX_DIGITS = Int8Array.from({ length: 256 }, (_, code) => {
  const digit = Number.parseInt(String.fromCharCode(code), 16)
  return Number.isNaN(digit) ? -1 : digit
})

function writeInteger(reader: JsonReader, out: Writer, field: JsonField, kind: IntegerKind): void {
  const value = integer(reader, field, kind)
  out.varint(field.tag)
  if (kind === 'fixed64') out.fixed64(BigInt(value))
  else if (kind === 'fixed32') out.fixed32(Number(value))
  else if (typeof value === 'number' && value >= 0) out.varint(value)
  else out.varint64(BigInt(value))
}

/** Reads an integer within the range of its kind; a bigint where a number might not hold it. */
function integer(reader: JsonReader, field: JsonField, kind: IntegerKind): number | bigint {
  const at = reader.pos
  const isText = expectNumberOrString(reader, at)
  // Fast path: up to 15 digits, as a number.
  const { bytes, tokenOffset, tokenEnd } = reader
  let pos = tokenOffset
  let small = 0
  if (tokenEnd - tokenOffset <= 15) {
    while (pos < tokenEnd && bytes[pos]! >= 0x30 && bytes[pos]! <= 0x39) {
      small = small * 10 + bytes[pos++]! - 0x30
    }
  }
  const isSmall = pos === tokenEnd && pos > tokenOffset
  const value = isSmall ? small : longInteger(reader, field, isText, at)
  const [min, max] = RANGES[kind]
  if (value >= min && value <= max) return value
  throw new JsonError(`${quote(reader)} is out of range ${min} to ${max}`, at)
}

function longInteger(reader: JsonReader, field: JsonField, isText: boolean, at: number): bigint {
  const text = reader.text()
  if (INTEGER.test(text)) {
    // 20 characters hold every 64-bit integer; BigInt of a long text takes time squared.
    if (text.length <= 40) return BigInt(text)
    throw new JsonError(`${quote(reader)} is out of range`, at)
  }
  const named = isText ? field.names?.get(text) : undefined
  if (named !== undefined) return BigInt(named)
  // Such as 1e3 or 5.0.
  const value = NUMBER.test(text) ? Number(text) : Number.NaN
  if (Number.isInteger(value)) return BigInt(value)
  const wanted = field.names === undefined ? 'an integer' : 'an integer or a known name'
  throw new JsonError(`${quote(reader)} is not ${wanted}`, at)
}

function double(reader: JsonReader): number {
  const at = reader.pos
  const isText = expectNumberOrString(reader, at)
  const text = reader.text()
  if (isText && (text === 'NaN' || text === 'Infinity' || text === '-Infinity')) return Number(text)
  const value = NUMBER.test(text) ? Number(text) : Number.NaN
  if (Number.isFinite(value)) return value
  const fault = Number.isNaN(value) ? 'is not a number' : 'is out of range'
  throw new JsonError(`${quote(reader)} ${fault}`, at)
}

function base64(reader: JsonReader): Buffer {
  const at = reader.pos
  expectString(reader)
  const text = reader.text()
  if (!BASE64.test(text) || text.replace(/=+$/, '').length % 4 === 1) {
    throw new JsonError(`${quote(reader)} is not base64`, at)
  }
  return Buffer.from(text, 'base64')
}

function expectString(reader: JsonReader): void {
  if (reader.peek() === QUOTE) reader.string()
  else throw new JsonError(`is ${reader.describe()}, must be a string`, reader.pos)
}

/** Reads either into the token; true when it was a string. */
function expectNumberOrString(reader: JsonReader, at: number): boolean {
  const found = reader.describe()
  if (found === 'a string') {
    reader.string()
    return true
  }
  if (found !== 'a number') throw new JsonError(`is ${found}, must be a number or a string`, at)
  reader.number()
  return false
}

function quote(reader: JsonReader): string {
  const text = reader.text()
  const start = text.slice(0, QUOTED_CHARS_MAX)
  return JSON.stringify(start.length < text.length ? `${start}...` : text)
}
