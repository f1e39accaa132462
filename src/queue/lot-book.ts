import type { Journal } from './log/journal.ts'
import type { LotEntry, LotSums, Mark } from './log/journal-entry.ts'
import type { Loss } from './log/log-reader.ts'
import { isBehind, type Place } from './log/place.ts'
import { type Lot, type LotPart, type QueueItem, type Sizer, wholeLot } from './queue.ts'

/** A batch in a queue on disk. */
export interface FileItem extends QueueItem {
  readonly from: Place
  readonly to: Place
  /** On disk. */
  readonly bytes: number
}

/** Batches next to each other that will not be sent. */
export interface PassedRange {
  readonly from: Place
  to: Place
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
  /** Dropped or damaged, but behind batches that were not begun yet; never next to each other. */
  readonly #passed: PassedRange[] = []
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
    const begun = this.#journal.begin(entry)
    this.#moveCursor()
    return begun
  }

  /** From where to where, for a lot of several batches. */
  rangeOf(lot: Lot): string | undefined {
    const entry = this.#entries.get(lot)
    if (entry === undefined) return undefined
    const { from, to } = entry
    const first = from.place.totals.sequence
    const end = to.place.totals.sequence
    const last = to.record === 0 ? end - 1 : end
    return last > first ? `${first}.${from.record}-${end}.${to.record}` : undefined
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
    return this.#pass(item.from, item.to, sums)
  }

  /**
   * What cannot be read any more is not held; gives the room that is free now. `begunRecords`: of
   * the batch at its begin, which are in a lot and not held here.
   */
  lose({ from, to, ...sums }: Loss, begunRecords: number): number {
    return this.#pass(from, to, { ...sums, records: sums.records - begunRecords })
  }

  /** What will never be read again, though the cursor is before it. */
  get passed(): readonly PassedRange[] {
    return this.#passed
  }

  #pass(from: Place, to: Place, sums: LotSums): number {
    this.#change(sums, -1)
    const last = this.#passed.at(-1)
    if (last?.to.totals.sequence === from.totals.sequence) last.to = to
    else this.#passed.push({ from, to })
    this.#moveCursor()
    return this.#sizeOf(sums)
  }

  /** The cursor must not pass what was taken and not begun: a crash would lose it. */
  #moveCursor(): void {
    for (let [range] = this.#passed; range !== undefined; [range] = this.#passed) {
      const { place } = this.#journal.cursor
      if (range.from.totals.sequence > place.totals.sequence) return
      this.#passed.shift()
      if (isBehind(range.to, place)) this.#journal.moveTo({ place: range.to, record: 0 })
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
