const CAPACITY_MIN = 16

/**
 * First in, first out, both ends in constant time: a circle of slots that doubles when it is full.
 * Its capacity is a power of two, so that an index wraps by masking.
 *
 *     slots  [ c d . . a b ]     head -> a, length 4
 */
export class Ring<T> {
  #slots: (T | undefined)[] = Array.from({ length: CAPACITY_MIN })
  #head = 0
  #length = 0

  get length(): number {
    return this.#length
  }

  push(value: T): void {
    if (this.#length === this.#slots.length) this.#grow()
    this.#slots[(this.#head + this.#length) & (this.#slots.length - 1)] = value
    this.#length++
  }

  /** The oldest value, left in place. */
  peek(): T | undefined {
    return this.#length === 0 ? undefined : this.#slots[this.#head]
  }

  /** Removes the oldest value; its slot keeps no reference. */
  shift(): T | undefined {
    if (this.#length === 0) return undefined
    const value = this.#slots[this.#head]
    this.#slots[this.#head] = undefined
    this.#head = (this.#head + 1) & (this.#slots.length - 1)
    this.#length--
    return value
  }

  #grow(): void {
    const { length } = this.#slots
    const grown: (T | undefined)[] = Array.from({ length: length * 2 })
    for (let i = 0; i < length; i++) grown[i] = this.#slots[(this.#head + i) & (length - 1)]
    this.#slots = grown
    this.#head = 0
  }
}
