import type { Writer } from '#core'

/**
 * The attributes of the record being written, to find a key that comes twice: the last one counts,
 * as for every JSON parser, and the first is taken out again. Attributes lie one behind the other in
 * the writer. Holds numbers only, so one index serves every record without keeping any alive.
 */
export class AttributeIndex {
  /** Where each attribute begins; it ends where the next one does. */
  readonly #starts: Uint32Array
  readonly #hashes: Int32Array
  /** Open addressing: attribute number + 1; valid only if `#stamps` says so. */
  readonly #slots: Uint16Array
  readonly #stamps: Uint32Array
  readonly #mask: number
  #stamp = 0
  #count = 0

  /** For at most `max` attributes a record, `max` below 32768. */
  constructor(max: number) {
    let size = 16
    while (size < max * 2) size *= 2
    this.#starts = new Uint32Array(max)
    this.#hashes = new Int32Array(max)
    this.#slots = new Uint16Array(size)
    this.#stamps = new Uint32Array(size)
    this.#mask = size - 1
  }

  /** Attributes so far, those taken out again included. */
  get count(): number {
    return this.#count
  }

  get isFull(): boolean {
    return this.#count === this.#starts.length
  }

  /** Begins the next record. */
  reset(): void {
    this.#count = 0
    // Stamps mark the slots of this record; when the numbers run out they must all be wiped.
    if (++this.#stamp < 2 ** 32) return
    this.#stamps.fill(0)
    this.#stamp = 1
  }

  /**
   * Announces an attribute that will be written at `out.pos` with the key in `bytes[offset..end]`.
   * One with the same key is taken out of `out`. MUST NOT be called when full.
   */
  add(out: Writer, bytes: Buffer, offset: number, end: number): void {
    const hash = hashOf(bytes, offset, end)
    let slot = hash & this.#mask
    while (this.#stamps[slot] === this.#stamp) {
      const earlier = this.#slots[slot]! - 1
      if (this.#hashes[earlier] === hash) {
        const at = keyOffset(out.bytes, this.#starts[earlier]!)
        if (isSame(out.bytes, at, bytes, offset, end)) {
          this.#takeOut(out, earlier)
          break
        }
      }
      slot = (slot + 1) & this.#mask
    }
    this.#starts[this.#count] = out.pos
    this.#hashes[this.#count] = hash
    this.#stamps[slot] = this.#stamp
    this.#slots[slot] = ++this.#count
  }

  #takeOut(out: Writer, number: number): void {
    const start = this.#starts[number]!
    const end = number + 1 < this.#count ? this.#starts[number + 1]! : out.pos
    out.bytes.copyWithin(start, end, out.pos)
    out.pos -= end - start
    for (let later = number + 1; later < this.#count; later++) {
      this.#starts[later] = this.#starts[later]! - (end - start)
    }
  }
}

function hashOf(bytes: Buffer, offset: number, end: number): number {
  let hash = 0x811c9dc5
  for (let pos = offset; pos < end; pos++) hash = Math.imul(hash ^ bytes[pos]!, 0x01000193)
  return hash ^ (hash >>> 15)
}

/** The key's length byte in a KeyValue that begins with its tag at `start`. */
function keyOffset(bytes: Buffer, start: number): number {
  let pos = start + 1
  while (bytes[pos]! >= 0x80) pos++
  return pos + 2
}

/** Is the key whose length is written at `at` the one in `bytes[offset..end]`? */
function isSame(written: Buffer, at: number, bytes: Buffer, offset: number, end: number): boolean {
  let pos = at
  let length = 0
  for (let shift = 0; ; shift += 7) {
    const byte = written[pos++]!
    length += (byte & 0x7f) * 2 ** shift
    if (byte < 0x80) break
  }
  return length === end - offset && written.compare(bytes, offset, end, pos, pos + length) === 0
}
