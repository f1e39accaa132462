import type { Journal } from './journal.ts'
import type { Place } from './place.ts'
import type { QueueFolder } from './queue-folder.ts'
import type { Segments } from './segments.ts'

/** What will never be read again, though the cursor is before it. */
interface PassedSegments {
  readonly from: Place
  readonly to: Place
}

/**
 * Puts away segments in which everything is done or dropped, wherever they are: one batch that
 * cannot be sent keeps its own segment, not all that come after it.
 */
export class Reclaim {
  readonly #journal: Journal
  readonly #folder: QueueFolder
  readonly #segments: Segments
  readonly #passed: () => readonly PassedSegments[]
  readonly #onError: (error: unknown) => void
  #running: Promise<void> | undefined

  constructor(
    journal: Journal,
    folder: QueueFolder,
    segments: Segments,
    passed: () => readonly PassedSegments[],
    onError: (error: unknown) => void,
  ) {
    this.#journal = journal
    this.#folder = folder
    this.#segments = segments
    this.#passed = passed
    this.#onError = onError
  }

  /** To be called when lots are done; cheap when there is nothing to do. */
  soon(): void {
    if (this.#running !== undefined || this.#candidates().length === 0) return
    this.#running = this.#retire()
      .catch(this.#onError)
      .finally(() => {
        this.#running = undefined
      })
  }

  async idle(): Promise<void> {
    await this.#running
  }

  async #retire(): Promise<void> {
    const numbers = this.#candidates()
    // A file that is gone cannot be sent again: first the disk must know that it need not be.
    await this.#journal.sync()
    for (const number of numbers) {
      await this.#folder.retire(number)
      this.#segments.remove(number)
    }
    await this.#folder.settle()
  }

  #candidates(): number[] {
    const { cursor, open } = this.#journal
    // Fast path, asked after every lot.
    const [oldest] = this.#segments
    const passed = this.#passed()
    const cursorSegment = cursor.place.segment
    if (oldest === undefined) return []
    if (oldest.number >= cursorSegment && passed.length === 0) return []
    const needed = new Set<number>()
    for (const { from, to } of open) {
      for (let n = from.place.segment; n <= to.place.segment; n++) needed.add(n)
    }
    return [...this.#segments]
      .map(({ number }) => number)
      .filter(number => !needed.has(number))
      .filter(
        number =>
          number < cursorSegment ||
          passed.some(({ from, to }) => from.segment < number && number < to.segment),
      )
  }
}
