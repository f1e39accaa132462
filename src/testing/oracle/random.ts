/**
 * Numbers that look random and are the same for the same seed, on every machine: what a run does
 * must be repeatable from the seed it printed. (mulberry32; good enough to choose faults by.)
 */
export class Random {
  #state: number

  /** The parts are mixed: `new Random(7, 'sizes')` and `new Random(7, 'faults')` have nothing in common. */
  constructor(...seed: readonly (number | string)[]) {
    // FNV-1a.
    let hash = 0x811c9dc5
    for (const char of seed.join('/')) {
      hash = Math.imul(hash ^ char.charCodeAt(0), 0x01000193)
    }
    this.#state = hash >>> 0
  }

  /** 0 up to, not including, 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  /** A whole number from `min` to `max`, both included. */
  int(min: number, max: number): number {
    return min + Math.floor(this.next() * (max - min + 1))
  }

  pick<T>(values: readonly T[]): T {
    const value = values[this.int(0, values.length - 1)]
    if (value === undefined) throw new RangeError('nothing to pick from')
    return value
  }

  /** True with this probability. */
  chance(probability: number): boolean {
    return this.next() < probability
  }

  /** The same values in another order. */
  shuffle<T>(values: readonly T[]): T[] {
    const keyed = values.map(value => ({ value, key: this.next() }))
    return keyed.sort((a, b) => a.key - b.key).map(({ value }) => value)
  }
}
