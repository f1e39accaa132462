import type { Journal } from './log/journal.ts'
import type { LotEntry, LotSums, Mark } from './log/journal-entry.ts'
import type { Place } from './log/place.ts'
import { type Lot, type LotPart, type QueueItem, type Sizer, wholeLot } from './queue.ts'

/** A batch in a queue on disk. */
export interface FileItem extends QueueItem {
  readonly from: Place
  readonly to: Place
  /** On disk. */
  readonly bytes: number
}

/**
 * Which lots are under way, and how much the queue holds: everything behind the cursor and in open
 * lots. Sums are in requests, log records and bytes on disk.
 */
export class LotBook {
  readonly #journal: Journal
  readonly #sizer: Sizer
  readonly #entries = new Map<Lot, LotEntry>()
  readonly #unfinished: LotEntry[]
  readonly #held: { requests: number; records: number; bytes: number }
  /** Dropped by `drop`, but behind batches that were taken and not begun yet. */
  #dropped: FileItem[] = []
  #nextId = 1

  /** What is damaged counts until it is passed over: see `lose`. */
  constructor(journal: Journal, tail: Place, sizer: Sizer) {
    this.#journal = journal
    this.#sizer = sizer
    const { place, record } = journal.cursor
    this.#held = {
      requests: tail.totals.sequence - place.totals.sequence,
      records: tail.totals.records - place.totals.records - record,
      bytes: tail.totals.bytes - place.totals.bytes,
    }
    this.#unfinished = [...journal.open]
    for (const { id, sums } of this.#unfinished) {
      this.#change(sums, 1)
      this.#nextId = Math.max(this.#nextId, id + 1)
    }
  }

  get held(): LotSums {
    return this.#held
  }

  /** In the unit of the sizer. */
  get size(): number {
    return this.#sizeOf(this.#held)
  }

  add(sums: LotSums): void {
    this.#change(sums, 1)
  }

  /** Resolves when a crash would give the same lot again. */
  begin(lot: Lot): Promise<void> {
    const entry = this.#entryOf(lot)
    this.#entries.set(lot, entry)
    this.#writeDropped(({ from }) => from.totals.sequence < entry.from.place.totals.sequence)
    const begun = this.#journal.begin(entry)
    this.#writeDropped(({ from }) => from.totals.sequence === this.#cursorSequence)
    return begun
  }

  /** Gives the room that is free now, in the unit of the sizer. */
  done(lot: Lot): number {
    const entry = this.#entries.get(lot)
    if (entry === undefined) return 0
    this.#entries.delete(lot)
    return this.forget(entry)
  }

  /** A lot of an earlier process, the oldest first. */
  nextUnfinished(): LotEntry | undefined {
    return this.#unfinished.shift()
  }

  /** The lot as it was; undefined when none of its batches is left. */
  restore(entry: LotEntry, items: readonly FileItem[]): Lot | undefined {
    const { from, to } = entry
    const parts = items.map((item): LotPart => {
      const isFirst = item.from.totals.sequence === from.place.totals.sequence
      const isLast = item.from.totals.sequence === to.place.totals.sequence
      return { item, from: isFirst ? from.record : 0, to: isLast ? to.record : item.batch.count }
    })
    if (parts.length === 0) return undefined
    const lot = { parts }
    this.#entries.set(lot, entry)
    return lot
  }

  /** Ends a lot of the journal; gives the room that is free now. */
  forget({ id, sums }: LotEntry): number {
    this.#journal.done(id)
    this.#change(sums, -1)
    return this.#sizeOf(sums)
  }

  /** Ends a batch that was never begun; gives the room that is free now. */
  drop(item: FileItem): number {
    const { sums } = this.#entryOf(wholeLot(item))
    this.#change(sums, -1)
    this.#dropped.push(item)
    this.#writeDropped(({ from }) => from.totals.sequence === this.#cursorSequence)
    return this.#sizeOf(sums)
  }

  /** What cannot be read any more is not held; gives the room that is free now. */
  lose(sums: LotSums): number {
    this.#change(sums, -1)
    return this.#sizeOf(sums)
  }

  get #cursorSequence(): number {
    return this.#journal.cursor.place.totals.sequence
  }

  /** The cursor must not pass what was taken and not begun: a crash would lose it. */
  #writeDropped(isDue: (item: FileItem) => boolean): void {
    for (let [item] = this.#dropped; item !== undefined && isDue(item); [item] = this.#dropped) {
      this.#dropped.shift()
      const entry = this.#entryOf(wholeLot(item))
      // Not waited for: forgotten by a crash, the batch is merely sent after all.
      this.#journal.begin(entry).catch(() => {})
      this.#journal.done(entry.id)
    }
  }

  #entryOf({ parts }: Lot): LotEntry {
    const first = parts[0]!
    const last = parts.at(-1)!
    const ended = parts.filter(({ item, to }) => to === item.batch.count)
    return {
      id: this.#nextId++,
      from: { place: fileItem(first).from, record: first.from },
      to: markAfter(last),
      sums: {
        requests: ended.length,
        records: parts.reduce((records, { from, to }) => records + to - from, 0),
        bytes: ended.reduce((bytes, part) => bytes + fileItem(part).bytes, 0),
      },
    }
  }

  #change({ requests, records, bytes }: LotSums, sign: 1 | -1): void {
    this.#held.requests += sign * requests
    this.#held.records += sign * records
    this.#held.bytes += sign * bytes
  }

  #sizeOf({ requests, records, bytes }: LotSums): number {
    if (this.#sizer === 'bytes') return bytes
    return this.#sizer === 'items' ? records : requests
  }
}

function markAfter(part: LotPart): Mark {
  const { from, to } = fileItem(part)
  if (part.to === part.item.batch.count) return { place: to, record: 0 }
  return { place: from, record: part.to }
}

/** Items come back to the queue that made them. */
function fileItem({ item }: LotPart): FileItem {
  return item as FileItem
}
