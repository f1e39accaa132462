import { JsonError } from '../wire/json-error.ts'
import type { JsonReader } from '../wire/json-reader.ts'
import { varintSize, type Writer } from '../wire/writer.ts'

/** How deep a JSON value may nest; every later reader recurses as deep. */
export const JSON_VALUE_DEPTH_MAX = 60

const QUOTE = 0x22
const MINUS = 0x2d
const ZERO = 0x30
const NINE = 0x39
const OPEN_ARRAY = 0x5b
const OPEN_OBJECT = 0x7b

/**
 * Copies the JSON value at the reader into the fields of an AnyValue message. Integers stay
 * integers, with every digit of 64 bits; a number that fits neither an int64 nor a double is kept as
 * its text; null is an AnyValue without a value. Throws JsonError: `isSyntax` when it is no JSON,
 * else when it nests deeper than JSON_VALUE_DEPTH_MAX.
 */
export function writeJsonValue(reader: JsonReader, out: Writer, depth = 0): void {
  const byte = reader.peek()
  if (byte === QUOTE) {
    reader.string()
    writeToken(reader, out, 0x0a)
  } else if (byte === MINUS || (byte >= ZERO && byte <= NINE)) {
    reader.number()
    writeNumber(reader, out)
  } else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
    if (depth >= JSON_VALUE_DEPTH_MAX)
      throw new JsonError(`nests deeper than ${JSON_VALUE_DEPTH_MAX}`, reader.pos)
    if (byte === OPEN_OBJECT) writeObject(reader, out, depth + 1)
    else writeArray(reader, out, depth + 1)
  } else {
    const literal = reader.literal()
    if (literal === null) return
    out.varint(0x10)
    out.varint(literal ? 1 : 0)
  }
}

/** Writes the string just read as a field with this tag. */
function writeToken(reader: JsonReader, out: Writer, tag: number): void {
  if (reader.isEscaped) out.string(tag, reader.text())
  else out.lengthDelimited(tag, reader.bytes, reader.tokenOffset, reader.tokenEnd)
}

/** Writes a KeyValue whose value is text in `bytes[offset..end]`, its lengths known beforehand. */
export function writeTextAttribute(
  out: Writer,
  tag: number,
  key: { readonly bytes: Buffer; readonly offset: number; readonly end: number },
  text: { readonly bytes: Buffer; readonly offset: number; readonly end: number },
): void {
  const textSize = text.end - text.offset
  const keySize = key.end - key.offset
  const valueSize = 1 + varintSize(textSize) + textSize
  out.varint(tag)
  out.varint(1 + varintSize(keySize) + keySize + 1 + varintSize(valueSize) + valueSize)
  out.lengthDelimited(0x0a, key.bytes, key.offset, key.end)
  out.varint(0x12)
  out.varint(valueSize)
  out.lengthDelimited(0x0a, text.bytes, text.offset, text.end)
}

function writeObject(reader: JsonReader, out: Writer, depth: number): void {
  const list = out.begin(0x32)
  for (let isFirst = true; reader.nextMember(isFirst); isFirst = false) {
    const entry = out.begin(0x0a)
    writeToken(reader, out, 0x0a)
    const value = out.begin(0x12)
    writeJsonValue(reader, out, depth)
    out.commit(value)
    out.commit(entry)
  }
  out.commit(list)
}

function writeArray(reader: JsonReader, out: Writer, depth: number): void {
  const list = out.begin(0x2a)
  for (let isFirst = true; reader.nextElement(isFirst); isFirst = false) {
    const value = out.begin(0x0a)
    writeJsonValue(reader, out, depth)
    out.commit(value)
  }
  out.commit(list)
}

function writeNumber(reader: JsonReader, out: Writer): void {
  const { bytes, tokenOffset, tokenEnd } = reader
  // Fast path: a whole number of up to 15 digits, which a double holds exactly.
  let pos = tokenOffset
  let small = 0
  if (tokenEnd - tokenOffset <= 15) {
    while (pos < tokenEnd && bytes[pos]! >= ZERO && bytes[pos]! <= NINE) {
      small = small * 10 + bytes[pos++]! - ZERO
    }
  }
  if (pos === tokenEnd) {
    out.varint(0x18)
    out.varint(small)
    return
  }
  const text = reader.bytes.toString('latin1', tokenOffset, tokenEnd)
  if (INTEGER.test(text)) {
    const value = text.length <= 20 ? BigInt(text) : INT64_END
    if (value < -INT64_END || value >= INT64_END) out.string(0x0a, text)
    else {
      out.varint(0x18)
      out.varint64(value)
    }
    return
  }
  const value = Number(text)
  if (Number.isFinite(value)) {
    out.varint(0x21)
    out.double(value)
  } else out.string(0x0a, text)
}

const INTEGER = /^-?\d+$/
const INT64_END = 2n ** 63n
