import type { Mark } from './log/journal-entry.ts'
import type { Place } from './log/place.ts'
import type { FileItem } from './lot-book.ts'
import { Ring } from './ring.ts'
import { Takers } from './takers.ts'

/** Below this share of its bound, the next are read from disk. */
const LOW_SHARE = 0.5

/**
 * The oldest batches of a queue on disk, in memory and in order. Behind `end` there may be more on
 * disk; then what comes in is left there until it is its turn.
 *
 *     [ taken ][ hot ......... ][ on disk only ........ ]
 *                               end                     tail of the log
 */
export class HotItems {
  readonly #bytesMax: number
  readonly #onLow: () => void
  readonly #items = new Ring<FileItem>()
  readonly #takers = new Takers<FileItem>()
  #bytes = 0
  /** In the unit of the queue's sizer. */
  #size = 0
  #end: Mark | undefined
  /** True when the log goes on behind `end`. */
  #more = true
  #closed = false
  /** Something was dropped before the next one. */
  #gap = false

  constructor(bytesMax: number, onLow: () => void) {
    this.#bytesMax = bytesMax
    this.#onLow = onLow
  }

  /** Behind the last that is, or was, in memory; the record is of a batch that was cut. */
  get end(): Mark {
    if (this.#end === undefined) throw new Error('the queue is not open')
    return this.#end
  }

  get size(): number {
    return this.#size
  }

  /** Should more be read from disk? */
  get isLow(): boolean {
    return this.#more && this.#bytes < this.#bytesMax * LOW_SHARE
  }

  get hasRoom(): boolean {
    return this.#bytes < this.#bytesMax || this.#items.length === 0
  }

  /** Nothing is in memory yet; everything behind the mark is waiting on disk. */
  startAt(mark: Mark): void {
    this.#end = mark
    this.#onLow()
  }

  /** Would the batch that was just appended at `from` follow without a gap, and fit? */
  wants(from: Place, bytes: number): boolean {
    if (this.#closed) return false
    const follows = !this.#more && from.totals.sequence === this.end.place.totals.sequence
    if (follows && (this.#takers.count > 0 || this.#bytes + bytes <= this.#bytesMax)) return true
    this.#more = true
    return false
  }

  push(item: FileItem): void {
    const { place, record } = this.end
    this.#end = { place: item.to, record: 0 }
    // The rest of a batch of which an earlier process had begun to send some records; when that
    // one is damaged, another comes in its place.
    const isCut = record > 0 && place.totals.sequence === item.from.totals.sequence
    const rest = isCut ? { ...item, begunRecords: record } : item
    if (this.#takers.count > 0) {
      this.#takers.give(this.#given(rest))
      return
    }
    this.#items.push(rest)
    this.#bytes += item.batch.memoryBytes
    this.#size += item.size
  }

  /** Everything up to the tail was looked at; nothing more is on disk now. */
  skipTo(tail: Place): void {
    this.#end = { place: tail, record: 0 }
    this.#more = false
  }

  /** Behind damage: reading goes on at `place`. Gives the records of it that were begun already. */
  passDamage(place: Place): number {
    const { record } = this.end
    this.#end = { place, record: 0 }
    return record
  }

  /** Takes the oldest away, never to be taken. */
  drop(): FileItem | undefined {
    const item = this.#shift()
    if (item !== undefined) this.#gap = true
    return item
  }

  peek(): FileItem | undefined {
    return this.#items.peek()
  }

  async take(signal: AbortSignal): Promise<FileItem | undefined> {
    if (this.#closed || signal.aborted) return undefined
    const item = this.#shift()
    return item === undefined ? await this.#takers.wait(signal) : this.#given(item)
  }

  close(): void {
    this.#closed = true
    this.#takers.end()
  }

  #shift(): FileItem | undefined {
    const item = this.#items.shift()
    if (item !== undefined) {
      this.#bytes -= item.batch.memoryBytes
      this.#size -= item.size
    }
    if (this.isLow) this.#onLow()
    return item
  }

  #given(item: FileItem): FileItem {
    if (!this.#gap) return item
    this.#gap = false
    return { ...item, afterGap: true }
  }
}
