import type { AnyValue } from '../batch/any-value.ts'
import { writeAnyValue } from '../otlp/write-any-value.ts'
import { varintSize, Writer } from '../wire/writer.ts'

/** Where the parts of one KeyValue field lie, counted from its tag byte. */
export interface AttributeRanges {
  /** Of the whole field, tag included. */
  readonly length: number
  readonly keyOffset: number
  readonly keyEnd: number
  /** The AnyValue message. */
  readonly valueOffset: number
  readonly valueEnd: number
}

/** One attribute, ready to be copied into a message. */
export interface EncodedAttribute {
  readonly key: Buffer
  readonly bytes: Buffer
  readonly ranges: AttributeRanges
}

/** Encodes an attribute once, for all the messages it will be copied into. */
export function encodeAttribute(field: number, key: Buffer, value: AnyValue): EncodedAttribute {
  const encoded = new Writer(256)
  writeAnyValue(encoded, value)
  const out = new Writer(encoded.pos + key.length + 16)
  const ranges = writeAttribute(out, (field << 3) | 2, key, encoded.bytes, 0, encoded.pos)
  return { key, bytes: out.finish(), ranges }
}

/** Writes the KeyValue field with this tag; the AnyValue message is `value[offset..end]`. */
export function writeAttribute(
  out: Writer,
  tag: number,
  key: Buffer,
  value: Buffer,
  offset: number,
  end: number,
): AttributeRanges {
  const start = out.pos
  const valueBytes = end - offset
  const pairBytes =
    1 + varintSize(key.length) + key.length + 1 + varintSize(valueBytes) + valueBytes
  out.varint(tag)
  out.varint(pairBytes)
  out.lengthDelimited(0x0a, key)
  const keyEnd = out.pos - start
  out.lengthDelimited(0x12, value, offset, end)
  const length = out.pos - start
  return {
    length,
    keyOffset: keyEnd - key.length,
    keyEnd,
    valueOffset: length - valueBytes,
    valueEnd: length,
  }
}
