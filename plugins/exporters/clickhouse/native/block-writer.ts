/*
 * ClickHouse's Native format (clickhouse.com/docs/interfaces/formats/Native), without BlockInfo:
 *
 *   block  := varuint(columns) varuint(rows) column*
 *   column := string(name) string(type) data
 *   String := varuint(length) byte*          the very bytes of a protobuf string field
 *   Map    := UInt64 end offset per row, all keys, all values
 *   numbers are little-endian arrays
 */

/** Copies over this many bytes go through `set`; below it a loop over eight bytes is faster. */
const LOOP_COPY_BYTES_MAX = 512

/** How far `copyLoosely` may read and write past its range. */
export const COPY_SLACK_BYTES = 8

/** Bytes that may be copied out of: a buffer and a view over exactly the same bytes. */
export interface Source {
  readonly bytes: Buffer
  readonly view: DataView
}

export function sourceOf(bytes: Buffer): Source {
  return { bytes, view: viewOf(bytes) }
}

/**
 * Copies `length` bytes, and up to seven more: the caller MUST have `COPY_SLACK_BYTES` of room behind
 * both ranges. No double is ever computed with, so every bit pattern survives.
 */
export function copyLoosely(
  from: DataView,
  fromAt: number,
  to: DataView,
  toAt: number,
  length: number,
): void {
  for (let i = 0; i < length; i += 8) {
    to.setFloat64(toAt + i, from.getFloat64(fromAt + i, true), true)
  }
}

/**
 * A growing buffer that a Native block is written into. Numbers may be written at `pos` only after
 * `reserve`; `bytes` and `view` are replaced when it grows, so they MUST be read again after that.
 */
export class BlockWriter {
  bytes: Buffer
  view: DataView
  pos = 0

  constructor(bytes: Buffer) {
    this.bytes = bytes
    this.view = viewOf(bytes)
  }

  /** Makes room for `count` more bytes. */
  reserve(count: number): void {
    if (this.pos + count > this.bytes.length) this.#grow(this.pos + count)
  }

  /** Writes an unsigned number below 2^31 as LEB128. */
  varuint(value: number): void {
    this.reserve(5)
    let rest = value
    while (rest > 0x7f) {
      this.bytes[this.pos++] = (rest & 0x7f) | 0x80
      rest >>>= 7
    }
    this.bytes[this.pos++] = rest
  }

  /** Writes a String value from JavaScript text. */
  text(value: string): void {
    const { length } = value
    // Fast path: short ASCII, as numbers and names are.
    if (length < 0x80) {
      this.reserve(length + 1)
      const { bytes } = this
      const start = this.pos + 1
      let i = 0
      while (i < length) {
        const code = value.charCodeAt(i)
        if (code > 0x7f) break
        bytes[start + i++] = code
      }
      if (i === length) {
        bytes[this.pos] = length
        this.pos = start + length
        return
      }
    }
    const count = Buffer.byteLength(value)
    this.varuint(count)
    this.reserve(count)
    this.pos += this.bytes.write(value, this.pos, count, 'utf8')
  }

  /** Writes a String value whose payload is `source[from..to]`. */
  string(source: Source, from: number, to: number): void {
    const length = to - from
    // Fast path: protobuf has put the same length byte in front of it.
    if (length < 0x80 && from > 0 && source.bytes[from - 1] === length) {
      this.copy(source, from - 1, to)
      return
    }
    this.varuint(length)
    this.copy(source, from, to)
  }

  /**
   * Copies `source[from..to]`. Short ranges go eight bytes at a time as doubles, the last of them
   * overlapping the one before, so that nothing is read or written outside the range. No double is
   * ever computed with, so every bit pattern survives.
   */
  copy(source: Source, from: number, to: number): void {
    const length = to - from
    this.reserve(length)
    const { pos } = this
    if (length < 8) {
      const { bytes } = this
      for (let i = 0; i < length; i++) bytes[pos + i] = source.bytes[from + i]!
    } else if (length > LOOP_COPY_BYTES_MAX) {
      this.bytes.set(source.bytes.subarray(from, to), pos)
    } else {
      const { view } = this
      const input = source.view
      const last = length - 8
      for (let i = 0; i < last; i += 8) {
        view.setFloat64(pos + i, input.getFloat64(from + i, true), true)
      }
      view.setFloat64(pos + last, input.getFloat64(to - 8, true), true)
    }
    this.pos = pos + length
  }

  /** Writes `bytes` `times` times in a row, doubling what is already there. */
  repeat(bytes: Uint8Array, times: number): void {
    const total = bytes.length * times
    if (total === 0) return
    this.reserve(total)
    const start = this.pos
    this.bytes.set(bytes, start)
    let done = bytes.length
    while (done < total) {
      const next = Math.min(done, total - done)
      this.bytes.copyWithin(start + done, start, start + next)
      done += next
    }
    this.pos = start + total
  }

  /** What was written, as a view. */
  finish(): Buffer {
    return this.bytes.subarray(0, this.pos)
  }

  #grow(needed: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.bytes.length * 2))
    larger.set(this.bytes.subarray(0, this.pos))
    this.bytes = larger
    this.view = viewOf(larger)
  }
}

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
}
