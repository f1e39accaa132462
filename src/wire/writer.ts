/** Up to here a loop is faster than a view and a call out of JavaScript. */
const LOOP_BYTES_MAX = 48

/**
 * A growing buffer that protobuf messages are written into. Offsets stay valid; `bytes` may be
 * replaced by a larger buffer whenever something is written.
 */
export class Writer {
  bytes: Buffer
  pos = 0

  constructor(capacity = 1024) {
    this.bytes = Buffer.allocUnsafe(capacity)
  }

  /** Makes room for `count` more bytes. */
  reserve(count: number): void {
    const needed = this.pos + count
    if (needed <= this.bytes.length) return
    const larger = Buffer.allocUnsafe(Math.max(needed, this.bytes.length * 2))
    this.bytes.copy(larger, 0, 0, this.pos)
    this.bytes = larger
  }

  /** Writes an unsigned number below 2^53 as a varint. */
  varint(value: number): void {
    this.reserve(8)
    while (value > 0x7f) {
      this.bytes[this.pos++] = (value & 0x7f) | 0x80
      value = Math.floor(value / 128)
    }
    this.bytes[this.pos++] = value
  }

  /** Writes 64 bits, two's complement, as a varint. */
  varint64(value: bigint): void {
    this.reserve(10)
    let rest = BigInt.asUintN(64, value)
    while (rest > 0x7fn) {
      this.bytes[this.pos++] = Number(rest & 0x7fn) | 0x80
      rest >>= 7n
    }
    this.bytes[this.pos++] = Number(rest)
  }

  fixed32(value: number): void {
    this.reserve(4)
    this.pos = this.bytes.writeUInt32LE(value >>> 0, this.pos)
  }

  fixed64(value: bigint): void {
    this.reserve(8)
    this.pos = this.bytes.writeBigUInt64LE(BigInt.asUintN(64, value), this.pos)
  }

  double(value: number): void {
    this.reserve(8)
    this.pos = this.bytes.writeDoubleLE(value, this.pos)
  }

  /** Copies bytes as they are. */
  raw(source: Uint8Array, start = 0, end: number = source.length): void {
    const count = end - start
    this.reserve(count)
    if (count <= LOOP_BYTES_MAX) {
      const { bytes } = this
      let { pos } = this
      for (let at = start; at < end; at++) bytes[pos++] = source[at]!
      this.pos = pos
      return
    }
    this.bytes.set(
      start === 0 && end === source.length ? source : source.subarray(start, end),
      this.pos,
    )
    this.pos += count
  }

  /** Writes the tag, the length and the UTF-8 bytes of a string field. */
  string(tag: number, value: string): void {
    const count = Buffer.byteLength(value)
    this.varint(tag)
    this.varint(count)
    this.reserve(count)
    this.pos += this.bytes.write(value, this.pos, count, 'utf8')
  }

  /** Writes the tag, the length and the bytes of a bytes or message field. */
  lengthDelimited(tag: number, source: Uint8Array, start = 0, end: number = source.length): void {
    this.varint(tag)
    this.varint(end - start)
    this.raw(source, start, end)
  }

  /** Writes a nested message: `write` fills it, then its length is put in front. */
  message(tag: number, write: () => void): void {
    const start = this.begin(tag)
    write()
    this.commit(start)
  }

  /** Begins a nested message; give what this returns to `commit` once its fields are written. */
  begin(tag: number): number {
    this.varint(tag)
    this.reserve(1)
    return this.pos++
  }

  /**
   * Ends a nested message. Its payload is moved by one byte for each length byte over one; messages
   * under 128 bytes never move.
   */
  commit(start: number): void {
    const length = this.pos - start - 1
    const extra = varintSize(length) - 1
    if (extra > 0) {
      this.reserve(extra)
      this.bytes.copyWithin(start + 1 + extra, start + 1, this.pos)
    }
    this.pos = start
    this.varint(length)
    this.pos += length
  }

  /** What was written, as a view: a later write may overwrite it after `reset`. */
  finish(): Buffer {
    return this.bytes.subarray(0, this.pos)
  }
}

/** Bytes that `value` (below 2^31) takes as a varint. */
export function varintSize(value: number): number {
  if (value < 0x80) return 1
  if (value < 0x4000) return 2
  if (value < 0x200000) return 3
  return value < 0x10000000 ? 4 : 5
}
