import type { Place } from './place.ts'

/** What is known of a segment without reading its records. */
export interface Segment {
  readonly number: number
  /** Where its first record begins. */
  readonly begin: Place
  readonly createdAtUnixMs: number
}

/** The segments that are there, by number. */
export class Segments {
  readonly #all: Segment[] = []

  add(segment: Segment): void {
    this.#all.push(segment)
  }

  remove(number: number): void {
    const index = this.#all.findIndex(segment => segment.number === number)
    if (index >= 0) this.#all.splice(index, 1)
  }

  get count(): number {
    return this.#all.length
  }

  get last(): Segment | undefined {
    return this.#all.at(-1)
  }

  find(number: number): Segment | undefined {
    return this.#all.find(segment => segment.number === number)
  }

  /** The next one that is there; numbers between may be gone. */
  after(number: number): Segment | undefined {
    return this.#all.find(segment => segment.number > number)
  }

  [Symbol.iterator](): Iterator<Segment> {
    return this.#all[Symbol.iterator]()
  }
}
