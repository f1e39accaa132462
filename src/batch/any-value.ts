import { Reader } from '../wire/reader.ts'

/** An OTLP AnyValue as JavaScript: int64 is bigint, double is number, kvlist is a Map. */
export type AnyValue =
  | undefined
  | string
  | boolean
  | bigint
  | number
  | Uint8Array
  | AnyValue[]
  | Map<string, AnyValue>

/** Field numbers of AnyValue's oneof; each is one byte on the wire as a tag. */
export const ANY_STRING = 1
export const ANY_BOOL = 2
export const ANY_INT = 3
export const ANY_DOUBLE = 4
export const ANY_ARRAY = 5
export const ANY_KVLIST = 6
export const ANY_BYTES = 7

/**
 * Reads the AnyValue message in `bytes[offset..end]`. The range MUST have been checked by a decode:
 * nesting is bounded there.
 */
export function readAnyValue(bytes: Buffer, offset: number, end: number): AnyValue {
  const reader = new Reader(bytes, offset, end)
  let value: AnyValue
  while (reader.pos < end) {
    const tag = reader.tag()
    switch (tag >>> 3) {
      case ANY_STRING: {
        const stop = reader.lengthDelimited()
        value = bytes.toString('utf8', reader.pos, stop)
        reader.pos = stop
        break
      }
      case ANY_BOOL:
        value = reader.int64() !== 0n
        break
      case ANY_INT:
        value = reader.int64()
        break
      case ANY_DOUBLE:
        value = bytes.readDoubleLE(reader.pos)
        reader.pos += 8
        break
      case ANY_ARRAY: {
        const stop = reader.lengthDelimited()
        value = readArray(bytes, reader.pos, stop)
        reader.pos = stop
        break
      }
      case ANY_KVLIST: {
        const stop = reader.lengthDelimited()
        value = readKeyValues(bytes, reader.pos, stop, 1)
        reader.pos = stop
        break
      }
      case ANY_BYTES: {
        const stop = reader.lengthDelimited()
        value = bytes.subarray(reader.pos, stop)
        reader.pos = stop
        break
      }
      default:
        reader.skip(tag)
    }
  }
  return value
}

function readArray(bytes: Buffer, offset: number, end: number): AnyValue[] {
  const values: AnyValue[] = []
  const reader = new Reader(bytes, offset, end)
  while (reader.pos < end) {
    const tag = reader.tag()
    if (tag >>> 3 !== 1) {
      reader.skip(tag)
      continue
    }
    const stop = reader.lengthDelimited()
    values.push(readAnyValue(bytes, reader.pos, stop))
    reader.pos = stop
  }
  return values
}

/** Reads the `field`-numbered KeyValues of the message in `bytes[offset..end]`; a later key wins. */
export function readKeyValues(
  bytes: Buffer,
  offset: number,
  end: number,
  field: number,
): Map<string, AnyValue> {
  const values = new Map<string, AnyValue>()
  const walk = new AttributeWalk(bytes, offset, end, field)
  while (walk.next()) values.set(walk.key(), walk.value())
  return values
}

/**
 * Steps through the KeyValue messages of a message (field number `field`), skipping every other
 * field, without allocating: after `next()` the ranges of the current key and value can be read.
 */
export class AttributeWalk {
  readonly bytes: Buffer
  /** The KeyValue message itself. */
  offset = 0
  end = 0
  keyOffset = 0
  keyEnd = 0
  /** The AnyValue message; `valueOffset` 0 when there is none. */
  valueOffset = 0
  valueEnd = 0
  readonly #reader: Reader
  readonly #field: number

  constructor(bytes: Buffer, offset: number, end: number, field: number) {
    this.bytes = bytes
    this.#reader = new Reader(bytes, offset, end)
    this.#field = field
  }

  /** Moves to the next KeyValue; false at the end. */
  next(): boolean {
    const reader = this.#reader
    while (reader.pos < reader.end) {
      const tag = reader.tag()
      if (tag >>> 3 !== this.#field) {
        reader.skip(tag)
        continue
      }
      this.end = reader.lengthDelimited()
      this.offset = reader.pos
      this.#readPair()
      reader.pos = this.end
      return true
    }
    return false
  }

  key(): string {
    return this.bytes.toString('utf8', this.keyOffset, this.keyEnd)
  }

  value(): AnyValue {
    return readAnyValue(this.bytes, this.valueOffset, this.valueEnd)
  }

  /** Is the current key these bytes? */
  keyEquals(key: Buffer): boolean {
    const length = this.keyEnd - this.keyOffset
    if (length !== key.length) return false
    for (let i = 0; i < length; i++) if (this.bytes[this.keyOffset + i] !== key[i]) return false
    return true
  }

  #readPair(): void {
    this.keyOffset = this.keyEnd = this.valueOffset = this.valueEnd = 0
    const reader = this.#reader
    const outer = reader.end
    reader.end = this.end
    while (reader.pos < this.end) {
      const tag = reader.tag()
      if (tag === 0x0a) {
        this.keyEnd = reader.lengthDelimited()
        this.keyOffset = reader.pos
        reader.pos = this.keyEnd
      } else if (tag === 0x12) {
        this.valueEnd = reader.lengthDelimited()
        this.valueOffset = reader.pos
        reader.pos = this.valueEnd
      } else reader.skip(tag)
    }
    reader.end = outer
  }
}
