import { WireError } from './wire-error.ts'

/*
 * Protobuf wire grammar (protobuf.dev/programming-guides/encoding):
 *
 *   message := (tag value)*
 *   tag     := varint(field_number << 3 | wire_type)
 *   value   := varint            wire type 0
 *            | 8 bytes           wire type 1
 *            | varint(len) byte* wire type 2
 *            | 4 bytes           wire type 5
 *
 * Wire types 3 and 4 (groups) are skipped as unknown fields; 6 and 7 do not exist.
 */
export const WIRE_VARINT = 0
export const WIRE_FIXED64 = 1
export const WIRE_BYTES = 2
const WIRE_GROUP_START = 3
const WIRE_GROUP_END = 4
const WIRE_FIXED32 = 5

/** Groups may nest; a hostile message may not nest them deeper than this. */
const GROUP_DEPTH_MAX = 64

/**
 * A position in a byte range. Every read is checked against `end` and throws a WireError that
 * names the offset; nothing is ever read past `end`, whatever the bytes say.
 */
export class Reader {
  readonly bytes: Uint8Array
  pos: number
  end: number

  constructor(bytes: Uint8Array, pos = 0, end: number = bytes.length) {
    this.bytes = bytes
    this.pos = pos
    this.end = end
  }

  /** Reads a varint as an unsigned 32-bit number; higher bits are dropped, as protobuf says. */
  uint32(): number {
    const { bytes } = this
    let pos = this.pos
    // Fast path: one byte.
    if (pos < this.end && bytes[pos]! < 0x80) {
      this.pos = pos + 1
      return bytes[pos]!
    }
    let value = 0
    for (let shift = 0; shift < 70; shift += 7) {
      if (pos >= this.end) throw new WireError('varint is cut short', this.pos)
      const byte = bytes[pos++]!
      if (shift < 32) value |= (byte & 0x7f) << shift
      if (byte < 0x80) {
        this.pos = pos
        return value >>> 0
      }
    }
    throw new WireError('varint is longer than 10 bytes', this.pos)
  }

  /** Reads a varint as 64 bits, two's complement. */
  int64(): bigint {
    let value = 0n
    let pos = this.pos
    for (let shift = 0n; shift < 70n; shift += 7n) {
      if (pos >= this.end) throw new WireError('varint is cut short', this.pos)
      const byte = this.bytes[pos++]!
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) {
        this.pos = pos
        return BigInt.asIntN(64, value)
      }
    }
    throw new WireError('varint is longer than 10 bytes', this.pos)
  }

  /** Reads a tag; throws on field number 0, on numbers over 2^29-1 and on wire types 6 and 7. */
  tag(): number {
    const at = this.pos
    const tag = this.uint32()
    // A tag over 32 bits would have lost its high bits above.
    if (this.pos - at > 5 || tag >>> 3 === 0) throw new WireError('invalid field number', at)
    if (this.pos - at === 5 && this.bytes[at + 4]! > 0x0f) {
      throw new WireError('invalid field number', at)
    }
    if ((tag & 7) > WIRE_FIXED32) throw new WireError(`invalid wire type ${tag & 7}`, at)
    return tag
  }

  /** Reads a length and returns the offset just past the payload that follows `pos`. */
  lengthDelimited(): number {
    const at = this.pos
    const length = this.length()
    const end = this.pos + length
    if (end > this.end) {
      throw new WireError(`length ${length} runs ${end - this.end} bytes past the end`, at)
    }
    return end
  }

  /** Skips the value of a field with this tag. */
  skip(tag: number): void {
    const at = this.pos
    switch (tag & 7) {
      case WIRE_VARINT:
        this.#skipVarint()
        return
      case WIRE_FIXED64:
        this.pos += 8
        break
      case WIRE_BYTES:
        this.pos = this.lengthDelimited()
        return
      case WIRE_GROUP_START:
        this.#skipGroup(tag >>> 3)
        return
      case WIRE_FIXED32:
        this.pos += 4
        break
      default:
        throw new WireError('end of a group that never began', at)
    }
    if (this.pos > this.end) throw new WireError('fixed-width value is cut short', at)
  }

  /** A length is at most 2^31-1; a longer varint is an error, not a short read. */
  length(): number {
    const at = this.pos
    const { bytes } = this
    if (at < this.end && bytes[at]! < 0x80) {
      this.pos = at + 1
      return bytes[at]!
    }
    const length = this.uint32()
    const size = this.pos - at
    if (length > 0x7fffffff || size > 5) throw new WireError('length is over 2 GiB', at)
    if (size === 5 && bytes[at + 4]! > 0x0f) throw new WireError('length is over 2 GiB', at)
    return length
  }

  #skipVarint(): void {
    const at = this.pos
    let pos = at
    while (pos < this.end && this.bytes[pos]! >= 0x80) pos++
    if (pos >= this.end) throw new WireError('varint is cut short', at)
    if (pos - at >= 10) throw new WireError('varint is longer than 10 bytes', at)
    this.pos = pos + 1
  }

  #skipGroup(number: number): void {
    const open = [number]
    while (open.length > 0) {
      if (open.length > GROUP_DEPTH_MAX) throw new WireError('groups nest too deep', this.pos)
      if (this.pos >= this.end) throw new WireError('group never ends', this.pos)
      const at = this.pos
      const tag = this.tag()
      if ((tag & 7) === WIRE_GROUP_START) open.push(tag >>> 3)
      else if ((tag & 7) !== WIRE_GROUP_END) this.skip(tag)
      else if (open.pop() !== tag >>> 3) throw new WireError('group ends another group', at)
    }
  }
}
