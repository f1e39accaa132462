import type { OpenFile } from './files.ts'
import type { LotSums } from './journal-entry.ts'
import { type Place, placeAfter } from './place.ts'
import type { QueueFolder } from './queue-folder.ts'
import type { RecordHeader } from './record.ts'
import { SegmentScan } from './segment-scan.ts'
import type { Segments } from './segments.ts'

export interface LogReaderOptions {
  readonly folder: QueueFolder
  readonly segments: Segments
  readonly salt: number
  readonly from: Place
  /** Where the log ends now: nothing behind it is read. */
  readonly tail: () => Place
  readonly onLost: (loss: Loss) => void
}

/** What was written and cannot be read any more. */
export interface Loss extends LotSums {
  readonly from: Place
  /** Where reading goes on. The records are known once the segment has been passed. */
  readonly to: Place
}

export interface ReadRecord {
  readonly header: RecordHeader
  /** The whole record. */
  readonly bytes: Buffer
  readonly from: Place
  readonly to: Place
}

/** Reads the log from some place on, through all segments, past damage. */
export class LogReader {
  readonly #options: LogReaderOptions
  #place: Place
  #scan: SegmentScan | undefined
  #open: { readonly number: number; readonly file: OpenFile } | undefined

  constructor(options: LogReaderOptions) {
    this.#options = options
    this.#place = options.from
  }

  /** Before the record that `next` gives. */
  get place(): Place {
    return this.#place
  }

  /** Undefined at the end of the log as it is now; later there may be more. */
  async next(): Promise<ReadRecord | undefined> {
    const { tail } = this.#options
    while (this.#place.totals.sequence < tail().totals.sequence) {
      const found = await this.#found()
      if (found === undefined) {
        if (!this.#advance()) return undefined
        continue
      }
      if (found.kind === 'record' && found.header.records > 0) return this.#pass(found)
      // A filler, too, stands for what a repair could not save.
      const isFiller = found.kind === 'record'
      const sequence = isFiller ? found.header.sequence + 1 : this.#scan!.sequence
      const { segment, totals } = this.#place
      const place = { segment, offset: this.#scan!.offset, totals: { ...totals, sequence } }
      this.#lose(place, { requests: sequence - totals.sequence, records: 0, bytes: 0 })
    }
    // The header of the last segment, empty itself, may tell of losses in the one before.
    while (this.#place.segment < tail().segment && this.#advance()) {}
    return undefined
  }

  async close(): Promise<void> {
    await this.#open?.file.close()
    this.#open = undefined
    this.#scan = undefined
  }

  #pass({ header, bytes }: { header: RecordHeader; bytes: Buffer }): ReadRecord {
    const from = this.#place
    this.#place = placeAfter(from, header)
    return { header, bytes, from, to: this.#place }
  }

  async #found(): ReturnType<SegmentScan['next']> {
    if (this.#scan !== undefined) {
      const found = await this.#scan.next()
      if (found !== undefined) return found
    }
    const scan = await this.#createScan()
    this.#scan = scan
    return await scan?.next()
  }

  /** With the bounds of this moment; undefined when the segment is not there. */
  async #createScan(): Promise<SegmentScan | undefined> {
    const { folder, segments, salt, tail } = this.#options
    const { segment: number, offset, totals } = this.#place
    if (segments.find(number) === undefined) return undefined
    if (this.#open?.number !== number) {
      await this.close()
      this.#open = { number, file: await folder.openSegment(number, 'read') }
    }
    const { file } = this.#open
    const isLast = tail().segment === number
    const end = isLast ? tail().offset : await file.size()
    const sequenceEnd = isLast
      ? tail().totals.sequence
      : segments.after(number)?.begin.totals.sequence
    return new SegmentScan({ file, salt, offset, sequence: totals.sequence, end, sequenceEnd })
  }

  /** On to the next segment; what its header counts and was not seen is lost. */
  #advance(): boolean {
    const next = this.#options.segments.after(this.#place.segment)
    if (next === undefined) return false
    const { totals } = this.#place
    const { begin } = next
    const records = begin.totals.records - totals.records
    const bytes = begin.totals.bytes - totals.bytes
    const requests = begin.totals.sequence - totals.sequence
    if (records > 0 || requests > 0) this.#lose(begin, { requests, records, bytes })
    this.#place = begin
    this.#scan = undefined
    return true
  }

  #lose(to: Place, sums: LotSums): void {
    const from = this.#place
    this.#place = to
    this.#options.onLost({ from, to, ...sums })
  }
}
