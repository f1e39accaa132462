import type { Files, OpenFile } from './files.ts'
import { type Place, placeAfter } from './place.ts'
import type { QueueFolder, ReadyFile } from './queue-folder.ts'
import type { PreparedRecord } from './record.ts'
import { encodeSegmentHeader, SEGMENT_HEADER_BYTES } from './segment-header.ts'

/** A record to append, numbered with what `nextSequence` gave, and who must hear of it. */
export interface Append {
  readonly record: PreparedRecord
  /** Called when the record is as safe as `sync` makes it, in the order of the sequences. */
  written(from: Place, to: Place): void
  failed(error: unknown): void
}

export interface SegmentLogOptions {
  readonly files: Files
  readonly folder: QueueFolder
  readonly queueId: string
  /** Where the log ends; the segment that ends there, if there is one, is gone on with. */
  readonly tail: Place
  /** The segment of `tail` and its size; absent when the next record begins a new one. */
  readonly current?: { readonly file: OpenFile; readonly bytes: number } | undefined
  /** false: `written` does not wait for the disk. A power cut then loses what was acknowledged. */
  readonly sync: boolean
  readonly now?: () => number
  /** Told of each new segment before anything is written into it. */
  readonly onSegment: (place: Place, createdAtUnixMs: number) => void
}

/** One write takes no more than this, so that nobody waits for a very long one. */
const GROUP_BYTES_MAX = 8 * 1024 * 1024

/**
 * The writing end of the log. One write and one fdatasync are under way at a time; all that comes
 * meanwhile goes into the next (group commit), so that many senders share each sync.
 */
export class SegmentLog {
  readonly #options: SegmentLogOptions
  #tail: Place
  #current: { readonly file: OpenFile; readonly bytes: number } | undefined
  #pending: Append[] = []
  #nextSequence: number
  #flushing: Promise<void> | undefined

  constructor(options: SegmentLogOptions) {
    this.#options = options
    this.#tail = options.tail
    this.#current = options.current
    this.#nextSequence = options.tail.totals.sequence
  }

  /** Behind the last record that is safe. */
  get tail(): Place {
    return this.#tail
  }

  /** The sequence of the record that is appended next; asking takes it. */
  nextSequence(): number {
    return this.#nextSequence++
  }

  append(append: Append): void {
    this.#pending.push(append)
    this.#flushing ??= this.#flushAll().finally(() => {
      this.#flushing = undefined
    })
  }

  /** Resolves when nothing is under way any more. */
  async idle(): Promise<void> {
    await this.#flushing
  }

  async close(): Promise<void> {
    await this.idle()
    await this.#current?.file.close()
    this.#current = undefined
  }

  async #flushAll(): Promise<void> {
    while (this.#pending.length > 0) {
      // Senders that the last write has acknowledged come back in the next turn, all together.
      await new Promise(resolve => setImmediate(resolve))
      try {
        const group = await this.#nextGroup()
        await this.#write(group)
      } catch (error) {
        await this.#fail(error)
      }
    }
  }

  /** What goes into one write: as many as the segment takes, the first in any case. */
  async #nextGroup(): Promise<Append[]> {
    const [first] = this.#pending
    if (!this.#fits(first!.record.bytes)) await this.#beginSegment(first!.record.bytes)
    let bytes = 0
    let count = 0
    for (const append of this.#pending) {
      const more = bytes + append.record.bytes
      if (count > 0 && (more > GROUP_BYTES_MAX || !this.#fits(more))) break
      bytes = more
      count++
    }
    return this.#pending.slice(0, count)
  }

  async #write(group: readonly Append[]): Promise<void> {
    const file = this.#current!.file
    const buffers = group.flatMap(({ record: { head, data } }) => [head, data])
    await file.write(buffers, this.#tail.offset)
    if (this.#options.sync) await file.sync()
    this.#pending.splice(0, group.length)
    for (const append of group) {
      const from = this.#tail
      const { records, bytes } = append.record
      this.#tail = placeAfter(from, { bytes, records, sequence: from.totals.sequence })
      append.written(from, this.#tail)
    }
  }

  /**
   * After a failed sync nobody knows what the file holds (PostgreSQL's "fsyncgate", 2018): the
   * segment is left as it is up to its last safe record, and the next record begins another. All
   * that waits has sequences that follow on what failed, so that it fails too.
   */
  async #fail(error: unknown): Promise<void> {
    const failed = this.#pending
    this.#pending = []
    this.#nextSequence = this.#tail.totals.sequence
    const broken = this.#current
    this.#current = undefined
    await broken?.file.close().catch(() => {})
    for (const append of failed) append.failed(error)
  }

  #fits(bytes: number): boolean {
    return this.#current !== undefined && this.#tail.offset + bytes <= this.#current.bytes
  }

  async #beginSegment(bytes: number): Promise<void> {
    const { folder, queueId, onSegment, now = Date.now } = this.#options
    const ready = await folder.makeReady(bytes)
    const { totals } = this.#tail
    const place = { segment: this.#tail.segment + 1, offset: SEGMENT_HEADER_BYTES, totals }
    const createdAtUnixMs = now()
    try {
      const header = { number: place.segment, totals, createdAtUnixMs, queueId }
      await writeHeader(ready, encodeSegmentHeader(header))
      await folder.enlist(ready, place.segment)
    } catch (error) {
      await folder.discard(ready)
      throw error
    }
    await this.#current?.file.close()
    this.#current = ready
    this.#tail = place
    onSegment(place, createdAtUnixMs)
  }
}

async function writeHeader({ file }: ReadyFile, header: Buffer): Promise<void> {
  await file.write([header], 0)
  await file.sync()
}
