/**
 * A fixed set of ASCII words, found by their bytes in any case and without making a string: the
 * names of fields and of severities. Words MUST be given in lower case.
 */
export class WordTable {
  readonly #words: readonly Buffer[]
  /** Open addressing: word number + 1, 0 = free. At most half full. */
  readonly #slots: Uint16Array
  readonly #mask: number

  constructor(words: readonly string[]) {
    this.#words = words.map(word => Buffer.from(word, 'latin1'))
    let size = 16
    while (size < words.length * 2) size *= 2
    this.#slots = new Uint16Array(size)
    this.#mask = size - 1
    for (const [number, word] of this.#words.entries()) {
      let slot = hashOf(word, 0, word.length) & this.#mask
      while (this.#slots[slot] !== 0) slot = (slot + 1) & this.#mask
      this.#slots[slot] = number + 1
    }
  }

  /** Which word stands in `bytes[offset..end]`: its place in the list, or -1. */
  find(bytes: Buffer, offset: number, end: number): number {
    let slot = hashOf(bytes, offset, end) & this.#mask
    for (;;) {
      const number = this.#slots[slot]! - 1
      if (number < 0) return -1
      if (isWord(this.#words[number]!, bytes, offset, end)) return number
      slot = (slot + 1) & this.#mask
    }
  }
}

/** Letters count in either case; FNV-1a, whose last step mixes the low bits well enough. */
function hashOf(bytes: Buffer, offset: number, end: number): number {
  let hash = 0x811c9dc5
  for (let pos = offset; pos < end; pos++) {
    hash = Math.imul(hash ^ (bytes[pos]! | 0x20), 0x01000193)
  }
  return hash ^ (hash >>> 15)
}

function isWord(word: Buffer, bytes: Buffer, offset: number, end: number): boolean {
  if (word.length !== end - offset) return false
  for (let i = 0; i < word.length; i++) {
    const byte = bytes[offset + i]!
    const wanted = word[i]!
    if (byte !== wanted && (byte < 0x41 || byte > 0x5a || (byte | 0x20) !== wanted)) return false
  }
  return true
}
