import { type AnyValue, AttributeWalk } from '../batch/any-value.ts'
import { writeAnyValue } from '../otlp/write-any-value.ts'
import { Reader } from '../wire/reader.ts'
import { Writer } from '../wire/writer.ts'
import { copyRange, sameBytes, shortLength, skipShortLength } from './byte-range.ts'
import { type AttributeRanges, type EncodedAttribute, writeAttribute } from './encode-attribute.ts'

const ENTRIES_MIN = 64
/** Memory for more entries than this is given back after the message that needed it. */
const ENTRIES_KEPT_MAX = 4096
const SCRATCH_BYTES_KEPT_MAX = 65_536

/** Where an entry's bytes lie. */
const IN_MESSAGE = 0
const IN_SCRATCH = 1
const IN_CONSTANT = 2

/**
 * The attributes of one message (a LogRecord or a Resource) while actions work on them: an index of
 * byte ranges, reused from message to message, so that nothing is allocated per record. Entries
 * `0 .. originals` are the KeyValue fields of the message, in wire order; what is added follows.
 *
 * A key that comes twice is one attribute, its last value counts: that is how every reader takes it.
 */
export class AttributeList {
  /** Has anything changed since `load`? */
  changed = false
  #count = 0
  #originals = 0
  #bytes: Buffer = Buffer.alloc(0)
  #offset = 0
  #end = 0
  readonly #tag: number
  /** Values that are made per message. */
  readonly #scratch = new Writer(1024)
  readonly #value = new Writer(256)
  #constants: (Buffer | undefined)[] = []

  /* Of each entry: its field in the message, and the field that stands for it now. */
  #originStart: Uint32Array = new Uint32Array(ENTRIES_MIN)
  #originEnd: Uint32Array = new Uint32Array(ENTRIES_MIN)
  #place = new Uint8Array(ENTRIES_MIN)
  #live = new Uint8Array(ENTRIES_MIN)
  #start: Uint32Array = new Uint32Array(ENTRIES_MIN)
  #stop: Uint32Array = new Uint32Array(ENTRIES_MIN)
  #keyOffset: Uint32Array = new Uint32Array(ENTRIES_MIN)
  #keyEnd: Uint32Array = new Uint32Array(ENTRIES_MIN)
  #valueOffset: Uint32Array = new Uint32Array(ENTRIES_MIN)
  #valueEnd: Uint32Array = new Uint32Array(ENTRIES_MIN)

  /** `field`: the number of the attributes field, 6 in a LogRecord and 1 in a Resource. */
  constructor(field: number) {
    this.#tag = (field << 3) | 2
  }

  /** Entries, removed ones included: the bound of a loop over them. */
  get count(): number {
    return this.#count
  }

  /**
   * Reads the message in `bytes[offset..end]`, whose attributes all lie in `from .. to`. The bytes
   * MUST have been checked by a decode.
   */
  load(bytes: Buffer, offset: number, end: number, from: number, to: number): void {
    if (this.#start.length > ENTRIES_KEPT_MAX) this.#resize(ENTRIES_MIN)
    if (this.#scratch.bytes.length > SCRATCH_BYTES_KEPT_MAX) {
      this.#scratch.bytes = Buffer.allocUnsafe(1024)
    }
    this.#scratch.pos = 0
    this.#bytes = bytes
    this.#offset = offset
    this.#end = end
    this.changed = false
    this.#count = 0
    let pos = from
    while (pos < to) pos = this.#loadPair(bytes, pos, to)
    this.#originals = this.#count
  }

  /** The entry that holds this key's value, or -1. */
  find(key: Buffer): number {
    for (let i = this.#count - 1; i >= 0; i--) if (this.isKey(i, key)) return i
    return -1
  }

  isLive(index: number): boolean {
    return this.#live[index] === 1
  }

  /** Is this live entry's key these bytes? */
  isKey(index: number, key: Buffer): boolean {
    const offset = this.#keyOffset[index]!
    if (this.#keyEnd[index]! - offset !== key.length || this.#live[index] === 0) return false
    return sameBytes(this.#source(index), offset, key, 0, key.length)
  }

  key(index: number): string {
    return this.#source(index).toString('utf8', this.#keyOffset[index], this.#keyEnd[index])
  }

  /** A copy of the key, which outlives the entry's bytes. */
  keyBytes(index: number): Buffer {
    return Buffer.from(this.#source(index).subarray(this.#keyOffset[index], this.#keyEnd[index]))
  }

  /** A live entry's AnyValue message: `read(bytes, offset, end)`. */
  withValue<T>(index: number, read: (bytes: Buffer, offset: number, end: number) => T): T {
    return read(this.#source(index), this.#valueOffset[index]!, this.#valueEnd[index]!)
  }

  /** Removes every entry with this key. */
  remove(key: Buffer): void {
    for (let i = 0; i < this.#count; i++) if (this.isKey(i, key)) this.removeAt(i)
  }

  removeAt(index: number): void {
    if (this.#live[index] === 0) return
    this.#live[index] = 0
    this.changed = true
  }

  /** Sets a key to a constant. A value that is already there, byte for byte, is no change. */
  setConstant(index: number, attribute: EncodedAttribute): void {
    const { bytes, key, ranges } = attribute
    if (index >= 0 && this.#sameValue(index, bytes, ranges.valueOffset, ranges.valueEnd)) return
    const entry = this.#prepare(index, key)
    this.#point(entry, IN_CONSTANT, 0, ranges)
    this.#constants[entry] = bytes
  }

  /** Sets a key to a value made for this message. */
  setValue(index: number, key: Buffer, value: AnyValue): void {
    this.#value.pos = 0
    writeAnyValue(this.#value, value)
    const { bytes, pos } = this.#value
    if (index < 0 || !this.#sameValue(index, bytes, 0, pos)) {
      this.#setEncoded(index, key, bytes, 0, pos)
    }
    if (this.#value.bytes.length > SCRATCH_BYTES_KEPT_MAX) {
      this.#value.bytes = Buffer.allocUnsafe(256)
    }
  }

  /** Sets a key to the value of another entry. */
  copyValue(index: number, key: Buffer, from: number): void {
    if (index === from) return
    const offset = this.#valueOffset[from]!
    const end = this.#valueEnd[from]!
    const bytes = this.#source(from)
    if (index >= 0 && this.#sameValue(index, bytes, offset, end)) return
    this.#setEncoded(index, key, bytes, offset, end)
  }

  /** Writes the message with the attributes as they are now; what is added follows the last one. */
  write(out: Writer): void {
    const bytes = this.#bytes
    let copied = this.#offset
    const originals = this.#originals
    for (let i = 0; i < originals; i++) {
      if (this.#live[i] === 1 && this.#place[i] === IN_MESSAGE) continue
      copyRange(out, bytes, copied, this.#originStart[i]!)
      if (this.#live[i] === 1) copyRange(out, this.#source(i), this.#start[i]!, this.#stop[i]!)
      copied = this.#originEnd[i]!
    }
    if (this.#count > originals) {
      const at = originals === 0 ? this.#end : this.#originEnd[originals - 1]!
      copyRange(out, bytes, copied, at)
      copied = at
      for (let i = originals; i < this.#count; i++) {
        if (this.#live[i] === 1) copyRange(out, this.#source(i), this.#start[i]!, this.#stop[i]!)
      }
    }
    copyRange(out, bytes, copied, this.#end)
  }

  /** Indexes the field at `pos`, if it is an attribute; returns where the next one begins. */
  #loadPair(bytes: Buffer, pos: number, to: number): number {
    // Fast path: a short key and a value in this order, and nothing else.
    if (bytes[pos] === this.#tag) {
      const pair = skipShortLength(bytes, pos + 1)
      const stop = pair + shortLength(bytes, pos + 1)
      const keyEnd = pair + 2 + bytes[pair + 1]!
      if (bytes[pair] === 0x0a && bytes[pair + 1]! < 0x80 && bytes[keyEnd] === 0x12) {
        const value = skipShortLength(bytes, keyEnd + 1)
        if (value + shortLength(bytes, keyEnd + 1) === stop && stop <= to) {
          this.#append(pos, stop, pair + 2, keyEnd, value, stop)
          return stop
        }
      }
    }
    return this.#loadSlowly(bytes, pos, to)
  }

  #loadSlowly(bytes: Buffer, pos: number, to: number): number {
    const reader = new Reader(bytes, pos, to)
    const tag = reader.tag()
    reader.skip(tag)
    if (tag !== this.#tag) return reader.pos
    const walk = new AttributeWalk(bytes, pos, to, tag >>> 3)
    walk.next()
    this.#append(pos, walk.end, walk.keyOffset, walk.keyEnd, walk.valueOffset, walk.valueEnd)
    return walk.end
  }

  #append(
    start: number,
    stop: number,
    keyOffset: number,
    keyEnd: number,
    valueOffset: number,
    valueEnd: number,
  ): void {
    const i = this.#count++
    if (i === this.#start.length) this.#resize(i * 2)
    this.#originStart[i] = start
    this.#originEnd[i] = stop
    this.#place[i] = IN_MESSAGE
    this.#live[i] = 1
    this.#keyOffset[i] = keyOffset
    this.#keyEnd[i] = keyEnd
    this.#valueOffset[i] = valueOffset
    this.#valueEnd[i] = valueEnd
  }

  #source(index: number): Buffer {
    const place = this.#place[index]
    if (place === IN_MESSAGE) return this.#bytes
    return place === IN_SCRATCH ? this.#scratch.bytes : this.#constants[index]!
  }

  #sameValue(index: number, bytes: Buffer, offset: number, end: number): boolean {
    const at = this.#valueOffset[index]!
    if (this.#valueEnd[index]! - at !== end - offset) return false
    return sameBytes(this.#source(index), at, bytes, offset, end - offset)
  }

  #setEncoded(index: number, key: Buffer, value: Buffer, offset: number, end: number): void {
    const start = this.#scratch.pos
    const ranges = writeAttribute(this.#scratch, this.#tag, key, value, offset, end)
    this.#point(this.#prepare(index, key), IN_SCRATCH, start, ranges)
  }

  /** The entry to be overwritten: `index`, freed of earlier duplicates of its key, or a new one. */
  #prepare(index: number, key: Buffer): number {
    this.changed = true
    if (index < 0) {
      this.#append(0, 0, 0, 0, 0, 0)
      return this.#count - 1
    }
    for (let i = 0; i < index; i++) if (this.isKey(i, key)) this.#live[i] = 0
    return index
  }

  #point(index: number, place: number, base: number, ranges: AttributeRanges): void {
    this.#place[index] = place
    this.#start[index] = base
    this.#stop[index] = base + ranges.length
    this.#keyOffset[index] = base + ranges.keyOffset
    this.#keyEnd[index] = base + ranges.keyEnd
    this.#valueOffset[index] = base + ranges.valueOffset
    this.#valueEnd[index] = base + ranges.valueEnd
  }

  #resize(length: number): void {
    const resized = (column: Uint32Array): Uint32Array => {
      const copy = new Uint32Array(length)
      copy.set(column.subarray(0, length))
      return copy
    }
    this.#originStart = resized(this.#originStart)
    this.#originEnd = resized(this.#originEnd)
    this.#start = resized(this.#start)
    this.#stop = resized(this.#stop)
    this.#keyOffset = resized(this.#keyOffset)
    this.#keyEnd = resized(this.#keyEnd)
    this.#valueOffset = resized(this.#valueOffset)
    this.#valueEnd = resized(this.#valueEnd)
    this.#place = Uint8Array.from({ length }, (_, i) => this.#place[i] ?? 0)
    this.#live = Uint8Array.from({ length }, (_, i) => this.#live[i] ?? 0)
    this.#constants.length = Math.min(this.#constants.length, length)
  }
}
