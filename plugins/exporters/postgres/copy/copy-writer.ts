/*
 * PostgreSQL's binary COPY format (postgresql.org/docs/current/sql-copy.html):
 *
 *   file   := "PGCOPY\n\xff\r\n\0" Int32(flags = 0) Int32(extension = 0) row* Int16(-1)
 *   row    := Int16(fields) field*
 *   field  := Int32(bytes) byte*  |  Int32(-1) for NULL
 *   jsonb  := 0x01 and JSON text        timestamptz := Int64 microseconds since 2000-01-01 UTC
 *   numbers are big-endian; text and bytea are their bytes
 */
export const COPY_HEADER = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1')
export const COPY_TRAILER = Buffer.from([0xff, 0xff])

/** Copies over this many bytes go through `set`; below it a loop over eight bytes is faster. */
const LOOP_COPY_BYTES_MAX = 256

/** Bytes that may be copied out of: a buffer and a view over exactly the same bytes. */
export interface Source {
  readonly bytes: Buffer
  readonly view: DataView
}

export function sourceOf(bytes: Buffer): Source {
  return { bytes, view: viewOf(bytes) }
}

/**
 * A growing buffer that rows are written into. Numbers and bytes may be written at `pos` only after
 * `reserve`; `bytes` and `view` are replaced when it grows, so they MUST be read again after that.
 */
export class CopyWriter {
  bytes: Buffer
  view: DataView
  pos = 0

  constructor(bytes: Buffer) {
    this.bytes = bytes
    this.view = viewOf(bytes)
  }

  /** Goes on in another buffer, at its begin. */
  continueIn(bytes: Buffer): void {
    this.bytes = bytes
    this.view = viewOf(bytes)
    this.pos = 0
  }

  /** Makes room for `count` more bytes. */
  reserve(count: number): void {
    if (this.pos + count > this.bytes.length) this.#grow(this.pos + count)
  }

  /** Writes a NULL field. */
  null(): void {
    this.reserve(4)
    this.view.setInt32(this.pos, -1)
    this.pos += 4
  }

  /** Leaves room for a field's length; `endField` with what this returns writes it. */
  beginField(): number {
    this.reserve(4)
    this.pos += 4
    return this.pos
  }

  endField(start: number): void {
    this.view.setInt32(start - 4, this.pos - start)
  }

  /** Writes text of JavaScript as UTF-8, without a length. */
  utf8(text: string): void {
    const { length } = text
    // A UTF-16 unit takes at most three bytes.
    this.reserve(length * 3)
    if (length > 64) {
      this.pos += this.bytes.write(text, this.pos, 'utf8')
      return
    }
    // Fast path: short ASCII, as numbers are.
    const { bytes, pos } = this
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i)
      if (code > 0x7f) {
        this.pos += bytes.write(text, pos, 'utf8')
        return
      }
      bytes[pos + i] = code
    }
    this.pos = pos + length
  }

  /** Copies all of `bytes`. No double is ever computed with, so every bit pattern survives. */
  copy({ bytes, view: input }: Source): void {
    const { length } = bytes
    this.reserve(length)
    const { pos, view } = this
    if (length < 8 || length > LOOP_COPY_BYTES_MAX) this.bytes.set(bytes, pos)
    else {
      const last = length - 8
      for (let i = 0; i < last; i += 8) view.setFloat64(pos + i, input.getFloat64(i))
      view.setFloat64(pos + last, input.getFloat64(last))
    }
    this.pos = pos + length
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
