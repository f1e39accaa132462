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

/** What stands for an entry now: its field of the message, one made for it, or nothing. */
const IN_MESSAGE = 0
const IN_SCRATCH = 1
const IN_CONSTANT = 2
const REMOVED = 3

/*
 * An entry is this many numbers in one array: its field in the message (0, 1), the key (2, 3) and
 * the AnyValue (4, 5) where they lie now, and the field that replaces it (6, 7).
 */
const STRIDE = 8
const ORIGIN_START = 0
const ORIGIN_END = 1
const KEY_OFFSET = 2
const KEY_END = 3
const VALUE_OFFSET = 4
const VALUE_END = 5
const START = 6
const STOP = 7

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

  #ranges: Uint32Array = new Uint32Array(ENTRIES_MIN * STRIDE)
  #state: Uint8Array = new Uint8Array(ENTRIES_MIN)

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
    if (this.#state.length > ENTRIES_KEPT_MAX) this.#resize(ENTRIES_MIN)
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
    while (pos < to) {
      pos = this.#loadPairs(bytes, pos, to)
      if (pos < to) pos = this.#loadSlowly(bytes, pos, to)
    }
    this.#originals = this.#count
  }

  /** The entry that holds this key's value, or -1. */
  find(key: Buffer): number {
    const ranges = this.#ranges
    const { length } = key
    for (let i = this.#count - 1; i >= 0; i--) {
      const at = i * STRIDE
      // Most keys differ in length: looked at here, to spare a call.
      if (ranges[at + KEY_END]! - ranges[at + KEY_OFFSET]! === length && this.isKey(i, key))
        return i
    }
    return -1
  }

  isLive(index: number): boolean {
    return this.#state[index] !== REMOVED
  }

  /** Is this live entry's key these bytes? */
  isKey(index: number, key: Buffer): boolean {
    const offset = this.#ranges[index * STRIDE + KEY_OFFSET]!
    const length = this.#ranges[index * STRIDE + KEY_END]! - offset
    if (length !== key.length || this.#state[index] === REMOVED) return false
    return sameBytes(this.#source(index), offset, key, 0, key.length)
  }

  key(index: number): string {
    return this.#source(index).toString(
      'utf8',
      this.#ranges[index * STRIDE + KEY_OFFSET],
      this.#ranges[index * STRIDE + KEY_END],
    )
  }

  /** A copy of the key, which outlives the entry's bytes. */
  keyBytes(index: number): Buffer {
    return Buffer.from(
      this.#source(index).subarray(
        this.#ranges[index * STRIDE + KEY_OFFSET],
        this.#ranges[index * STRIDE + KEY_END],
      ),
    )
  }

  /** A live entry's AnyValue message: `read(bytes, offset, end)`. */
  withValue<T>(index: number, read: (bytes: Buffer, offset: number, end: number) => T): T {
    return read(
      this.#source(index),
      this.#ranges[index * STRIDE + VALUE_OFFSET]!,
      this.#ranges[index * STRIDE + VALUE_END]!,
    )
  }

  /** Removes every entry with this key. */
  remove(key: Buffer): void {
    for (let i = 0; i < this.#count; i++) if (this.isKey(i, key)) this.removeAt(i)
  }

  removeAt(index: number): void {
    if (this.#state[index] === REMOVED) return
    this.#state[index] = REMOVED
    this.changed = true
  }

  /**
   * Sets a key to a constant. A value that is already there, byte for byte, is no change; an earlier
   * duplicate of the key goes, as whenever a key is set: some readers take the first.
   */
  setConstant(index: number, attribute: EncodedAttribute): void {
    const { bytes, key, ranges } = attribute
    if (this.#isSet(index, key, bytes, ranges.valueOffset, ranges.valueEnd)) return
    const entry = this.#prepare(index, key)
    this.#point(entry, IN_CONSTANT, 0, ranges)
    this.#constants[entry] = bytes
  }

  /** Sets a key to a value made for this message. */
  setValue(index: number, key: Buffer, value: AnyValue): void {
    this.#value.pos = 0
    writeAnyValue(this.#value, value)
    const { bytes, pos } = this.#value
    if (!this.#isSet(index, key, bytes, 0, pos)) {
      this.#setEncoded(index, key, bytes, 0, pos)
    }
    if (this.#value.bytes.length > SCRATCH_BYTES_KEPT_MAX) {
      this.#value.bytes = Buffer.allocUnsafe(256)
    }
  }

  /** Sets a key to the value of another entry. */
  copyValue(index: number, key: Buffer, from: number): void {
    if (index === from) return
    const offset = this.#ranges[from * STRIDE + VALUE_OFFSET]!
    const end = this.#ranges[from * STRIDE + VALUE_END]!
    const bytes = this.#source(from)
    if (this.#isSet(index, key, bytes, offset, end)) return
    this.#setEncoded(index, key, bytes, offset, end)
  }

  /** Writes the message with the attributes as they are now; what is added follows the last one. */
  write(out: Writer): void {
    const bytes = this.#bytes
    const ranges = this.#ranges
    const originals = this.#originals
    let copied = this.#offset
    for (let i = 0; i < originals; i++) {
      if (this.#state[i] === IN_MESSAGE) continue
      copyRange(out, bytes, copied, ranges[i * STRIDE + ORIGIN_START]!)
      this.#writeField(out, i)
      copied = ranges[i * STRIDE + ORIGIN_END]!
    }
    if (this.#count > originals) {
      const last = (originals - 1) * STRIDE
      const at = originals === 0 ? this.#end : ranges[last + ORIGIN_END]!
      copyRange(out, bytes, copied, at)
      copied = at
      for (let i = originals; i < this.#count; i++) this.#writeField(out, i)
    }
    copyRange(out, bytes, copied, this.#end)
  }

  /** Writes the field that replaces an entry, unless it was removed. */
  #writeField(out: Writer, index: number): void {
    if (this.#state[index] === REMOVED) return
    const at = index * STRIDE
    copyRange(out, this.#source(index), this.#ranges[at + START]!, this.#ranges[at + STOP]!)
  }

  /**
   * Fast path: indexes the attributes from `pos` on that have a short key and a value in this order,
   * and nothing else. Returns where the first field begins that is not one of these.
   */
  #loadPairs(bytes: Buffer, pos: number, to: number): number {
    const tag = this.#tag
    let ranges = this.#ranges
    let state = this.#state
    let count = this.#count
    while (pos < to && bytes[pos] === tag) {
      const pair = skipShortLength(bytes, pos + 1)
      const stop = pair + shortLength(bytes, pos + 1)
      const keyEnd = pair + 2 + bytes[pair + 1]!
      const value = skipShortLength(bytes, keyEnd + 1)
      const isPlain =
        bytes[pair] === 0x0a &&
        bytes[pair + 1]! < 0x80 &&
        bytes[keyEnd] === 0x12 &&
        value + shortLength(bytes, keyEnd + 1) === stop &&
        stop <= to
      if (!isPlain) break
      if (count === state.length) {
        this.#resize(count * 2)
        ranges = this.#ranges
        state = this.#state
      }
      const at = count * STRIDE
      ranges[at + ORIGIN_START] = pos
      ranges[at + ORIGIN_END] = stop
      ranges[at + KEY_OFFSET] = pair + 2
      ranges[at + KEY_END] = keyEnd
      ranges[at + VALUE_OFFSET] = value
      ranges[at + VALUE_END] = stop
      state[count++] = IN_MESSAGE
      pos = stop
    }
    this.#count = count
    return pos
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
    const index = this.#count++
    if (index === this.#state.length) this.#resize(index * 2)
    const ranges = this.#ranges
    const at = index * STRIDE
    ranges[at + ORIGIN_START] = start
    ranges[at + ORIGIN_END] = stop
    ranges[at + KEY_OFFSET] = keyOffset
    ranges[at + KEY_END] = keyEnd
    ranges[at + VALUE_OFFSET] = valueOffset
    ranges[at + VALUE_END] = valueEnd
    this.#state[index] = IN_MESSAGE
  }

  #source(index: number): Buffer {
    const place = this.#state[index]
    if (place === IN_MESSAGE) return this.#bytes
    return place === IN_SCRATCH ? this.#scratch.bytes : this.#constants[index]!
  }

  /** Is this value the only one of the key already? */
  #isSet(index: number, key: Buffer, bytes: Buffer, offset: number, end: number): boolean {
    if (index < 0) return false
    const at = this.#ranges[index * STRIDE + VALUE_OFFSET]!
    if (this.#ranges[index * STRIDE + VALUE_END]! - at !== end - offset) return false
    if (!sameBytes(this.#source(index), at, bytes, offset, end - offset)) return false
    return !this.#hasEarlier(index, key)
  }

  #hasEarlier(index: number, key: Buffer): boolean {
    for (let i = 0; i < index; i++) if (this.isKey(i, key)) return true
    return false
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
    for (let i = 0; i < index; i++) if (this.isKey(i, key)) this.#state[i] = REMOVED
    return index
  }

  #point(index: number, state: number, base: number, field: AttributeRanges): void {
    const ranges = this.#ranges
    const at = index * STRIDE
    this.#state[index] = state
    ranges[at + START] = base
    ranges[at + STOP] = base + field.length
    ranges[at + KEY_OFFSET] = base + field.keyOffset
    ranges[at + KEY_END] = base + field.keyEnd
    ranges[at + VALUE_OFFSET] = base + field.valueOffset
    ranges[at + VALUE_END] = base + field.valueEnd
  }

  #resize(entries: number): void {
    const ranges = new Uint32Array(entries * STRIDE)
    ranges.set(this.#ranges.subarray(0, entries * STRIDE))
    const state = new Uint8Array(entries)
    state.set(this.#state.subarray(0, entries))
    this.#ranges = ranges
    this.#state = state
    this.#constants.length = Math.min(this.#constants.length, entries)
  }
}
