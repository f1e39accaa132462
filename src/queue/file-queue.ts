import type { LogBatch } from '../batch/log-batch.ts'
import type { Origin } from '../batch/origin.ts'
import { decodeLogs } from '../otlp/decode-logs.ts'
import { encodeLogs } from '../otlp/encode-logs.ts'
import { orAborted } from '../plugin/abort.ts'
import { type Clock, systemClock } from '../plugin/clock.ts'
import { PipelineError } from '../plugin/pipeline-error.ts'
import { DiskRefusal, openError } from './disk-error.ts'
import { HotItems } from './hot-items.ts'
import { type DirectoryLock, lockDirectory } from './log/directory-lock.ts'
import { type Files, realFiles } from './log/files.ts'
import type { LotEntry } from './log/journal-entry.ts'
import { LogReader, type Loss, type ReadRecord } from './log/log-reader.ts'
import { type OpenedLog, openLog } from './log/open-log.ts'
import type { Place } from './log/place.ts'
import { Reclaim } from './log/reclaim.ts'
import { numberRecord, type PreparedRecord, prepareRecord, RECORD_BYTES_MAX } from './log/record.ts'
import { type FileItem, LotBook } from './lot-book.ts'
import {
  type Lot,
  lotRecords,
  type Overflow,
  type Queue,
  type QueueItem,
  type QueueStats,
  type Sizer,
  wholeLot,
} from './queue.ts'
import { batchOf, originOf } from './read-batch.ts'
import { readLot } from './read-lot.ts'
import { Room } from './room.ts'
import { untilClosed } from './until-closed.ts'

export interface FileQueueOptions {
  /** Named in refusals: the exporter's id. */
  readonly name: string
  readonly directory: string
  readonly sizer: Sizer
  /** In the unit of `sizer`; bytes are those on disk. */
  readonly capacity: number
  readonly overflow: Overflow
  readonly segmentBytes: number
  /** Most bytes of batches that wait in memory, ready to be sent. */
  readonly memoryBytes: number
  /** false: acknowledge before the disk has it. */
  readonly sync: boolean
  readonly clock?: Clock
  /** Unix time in milliseconds. */
  readonly now?: () => number
  readonly files?: Files
  readonly events: FileQueueEvents
}

/** Who is told what happens beside the answers. */
export interface FileQueueEvents {
  /** Something is wrong and was mended, or will be tried again. */
  readonly trouble: (message: string, fields: Record<string, unknown>) => void
  /** Accepted log records that are gone: `queue_overflow`, `damaged`. */
  readonly dropped: (reason: string, records: number) => void
  /** Log records that were taken in although their sender did not wait to hear it. */
  readonly keptAfterAll: (records: number) => void
}

/**
 * The sending queue on disk: what was accepted is there after a crash, in order, and so is what
 * was being sent, in the same lots. See docs/decisions/0008-segment-log.md.
 */
export class FileQueue implements Queue {
  readonly durable = true
  readonly #options: FileQueueOptions
  readonly #clock: Clock
  readonly #now: () => number
  readonly #room: Room
  readonly #hot: HotItems
  readonly #refusal: DiskRefusal
  readonly #stopping = new AbortController()
  #lock: DirectoryLock | undefined
  #opened: OpenedLog | undefined
  #lots: LotBook | undefined
  #reclaim: Reclaim | undefined
  #reader: LogReader | undefined
  #filling: Promise<void> | undefined

  constructor(options: FileQueueOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#now = options.now ?? Date.now
    this.#refusal = new DiskRefusal(options.directory, this.#clock)
    this.#hot = new HotItems(options.memoryBytes, () => this.#fillSoon())
    this.#room = new Room({
      ...options,
      behindMs: () => this.#behindMs(),
      droppable: () => this.#hot.size,
      dropOldest: () => this.#dropOldest(),
    })
  }

  async start(): Promise<void> {
    const { directory, name, segmentBytes, sync, events, files = realFiles } = this.#options
    try {
      if (files === realFiles) this.#lock = await lockDirectory(directory, name)
      this.#opened = await openLog({
        files,
        directory,
        segmentBytes,
        sync,
        onTrouble: events.trouble,
        onJournalError: error =>
          events.trouble('what was sent could not be written down', { error: String(error) }),
      })
    } catch (error) {
      await this.#lock?.release()
      throw openError(error, directory)
    }
    const { journal, log, folder, segments } = this.#opened
    const lots = new LotBook(journal, log.tail, this.#options.sizer)
    this.#lots = lots
    this.#reclaim = new Reclaim(
      journal,
      folder,
      segments,
      () => lots.passed,
      error => events.trouble('a segment could not be put away', { error: String(error) }),
    )
    this.#room.restore(this.#lots.size)
    this.#hot.startAt(journal.cursor)
    this.#reclaim.soon()
  }

  async offer(batch: LogBatch, signal: AbortSignal): Promise<void> {
    const { queueId } = this.#started(this.#opened)
    this.#refusal.assertOver()
    this.#room.assertNotFull()
    const data = encodeLogs(batch)
    const acceptedAtUnixMs = this.#now()
    const { origin, count: records } = batch
    const context = { ...batch.context, receivedAtUnixMs: acceptedAtUnixMs, queueId }
    const record = prepareRecord({ origin, context, records, acceptedAtUnixMs }, data)
    if (record.bytes > RECORD_BYTES_MAX) throw this.#tooLongError(record.bytes)
    const size = this.#sizeOf(record)
    let appended: Promise<void> = Promise.resolve()
    await this.#room.enter(size, signal, () => {
      appended = this.#append(record, batch.with({ context }), size)
    })
    try {
      await orAborted(appended, signal)
    } catch (error) {
      // The sender left while it was written; the records are inside all the same.
      if (signal.aborted) {
        appended.then(
          () => this.#options.events.keptAfterAll(records),
          () => {},
        )
      }
      throw error
    }
  }

  async resume(): Promise<Lot | undefined> {
    const lots = this.#started(this.#lots)
    for (let entry = lots.nextUnfinished(); entry !== undefined; entry = lots.nextUnfinished()) {
      const unfinished = entry
      const records = await this.#retried('the queue cannot be read', () => this.#read(unfinished))
      // Stopping: the next process gives it.
      if (records === undefined) return undefined
      const items = records.flatMap(read => this.#itemOf(read) ?? [])
      const lot = lots.restore(entry, items)
      const lost = entry.sums.records - (lot === undefined ? 0 : lotRecords(lot))
      if (lost > 0) this.#options.events.dropped('damaged', lost)
      if (lot !== undefined) return lot
      this.#room.leave(lots.forget(entry))
    }
    return undefined
  }

  async take(signal: AbortSignal): Promise<QueueItem | undefined> {
    if (this.#stopping.signal.aborted) return undefined
    return await this.#hot.take(signal)
  }

  async begin(lot: Lot): Promise<void> {
    const lots = this.#started(this.#lots)
    const { journal } = this.#started(this.#opened)
    let writing: Promise<void> | undefined
    const trouble = 'what is sent next cannot be written down yet'
    const written = await this.#retried(trouble, async () => {
      // What was said once needs only be synced.
      writing = writing === undefined ? lots.begin(lot) : journal.sync()
      await writing
      return true
    })
    if (written === undefined) throw this.#closedError()
  }

  nameOf(lot: Lot): Origin | undefined {
    const range = this.#started(this.#lots).rangeOf(lot)
    return range && `${this.#started(this.#opened).queueId}/${range}`
  }

  done(lot: Lot): void {
    this.#room.leave(this.#started(this.#lots).done(lot))
    this.#reclaim?.soon()
  }

  /** What is inside stays on the disk: nothing more is given out. */
  close(): void {
    this.#stopping.abort()
    this.#room.close()
    this.#hot.close()
  }

  async stop(): Promise<void> {
    this.close()
    const opened = this.#opened
    this.#opened = undefined
    if (opened === undefined) return
    await opened.log.idle()
    await this.#filling
    await this.#reclaim?.idle()
    try {
      await this.#reader?.close()
      await opened.log.close()
      await opened.journal.close()
    } finally {
      await this.#lock?.release()
    }
  }

  stats(): QueueStats {
    const { sizer, capacity } = this.#options
    const { requests = 0, records = 0, bytes = 0 } = this.#lots?.held ?? {}
    return { sizer, capacity, size: this.#room.used, bytes, items: records, requests }
  }

  #append(record: PreparedRecord, batch: LogBatch, size: number): Promise<void> {
    const { log, salt } = this.#started(this.#opened)
    numberRecord(record, log.nextSequence(), salt)
    return new Promise((resolve, reject) => {
      log.append({
        record,
        written: (from, to) => {
          this.#accept({ batch, data: record.data, from, to, size })
          resolve()
        },
        failed: error => {
          this.#room.leave(size)
          reject(this.#refusal.remember(error))
        },
      })
    })
  }

  #accept(added: { batch: LogBatch; data: Buffer; from: Place; to: Place; size: number }): void {
    const { batch, data, from, to, size } = added
    const bytes = to.totals.bytes - from.totals.bytes
    this.#started(this.#lots).add({ requests: 1, records: batch.count, bytes })
    if (!this.#hot.wants(from, batch.memoryBytes)) return
    // As it would be read back from the disk: the same bytes, and nothing selected or changed.
    const same = batch.isUntouched ? batch : decodeLogs(data, batch.context).batch
    const { queueId } = this.#started(this.#opened)
    const named = same.with({ origin: batch.origin ?? originOf(queueId, from.totals.sequence) })
    const offeredAtMs = this.#clock.now()
    this.#hot.push({ batch: named, size, offeredAtMs, from, to, bytes })
  }

  /** Undefined for a batch that cannot be decoded, which is told. */
  #itemOf(read: ReadRecord): FileItem | undefined {
    const { header, from, to } = read
    const { queueId } = this.#started(this.#opened)
    const size = this.#sizeOf(header)
    const ageMs = Math.max(0, this.#now() - header.acceptedAtUnixMs)
    const offeredAtMs = this.#clock.now() - ageMs
    try {
      return { batch: batchOf(read, queueId), size, offeredAtMs, from, to, bytes: header.bytes }
    } catch (error) {
      const { segment, offset } = from
      const fields = { segment, offset, error: String(error) }
      this.#options.events.trouble('a batch in the queue cannot be decoded and is left out', fields)
      return undefined
    }
  }

  #sizeOf({ bytes, records }: { readonly bytes: number; readonly records: number }): number {
    const { sizer } = this.#options
    return sizer === 'bytes' ? bytes : sizer === 'items' ? records : 1
  }

  async #read(entry: LotEntry): Promise<ReadRecord[]> {
    // The lot holds the room of all its records, whether they can be read or not.
    const reader = this.#createReader(entry.from.place, loss => this.#tellLoss(loss))
    try {
      return await readLot(reader, entry)
    } finally {
      await reader.close()
    }
  }

  async #retried<T>(trouble: string, work: () => Promise<T>): Promise<T | undefined> {
    const closing = this.#stopping.signal
    return await untilClosed(work, this.#clock, closing, error => {
      if (!closing.aborted) this.#options.events.trouble(trouble, { error: String(error) })
    })
  }

  /** Reads ahead while senders may soon run out of what is in memory. */
  #fillSoon(): void {
    if (this.#filling !== undefined || this.#stopping.signal.aborted) return
    if (this.#opened === undefined) return
    this.#filling = this.#retried('the queue cannot be read', () => this.#fill()).finally(() => {
      this.#filling = undefined
      // Something was taken after the last look, when this still seemed to be under way.
      if (this.#hot.isLow) this.#fillSoon()
    })
  }

  async #fill(): Promise<void> {
    const { log } = this.#started(this.#opened)
    const { place } = this.#hot.end
    if (this.#reader?.place.totals.sequence !== place.totals.sequence) {
      await this.#reader?.close()
      this.#reader = this.#createReader(place, loss => this.#lose(loss))
    }
    while (this.#hot.hasRoom && !this.#stopping.signal.aborted) {
      const before = this.#reader.place
      const read = await this.#reader.next()
      if (read !== undefined) this.#pushRead(read)
      else if (this.#reader.place.totals.sequence >= log.tail.totals.sequence) {
        // Past damage at the end, too, nothing is left to be read.
        this.#hot.skipTo(log.tail)
        return
      } else if (this.#reader.place === before) throw new Error('files are missing')
    }
  }

  #pushRead(read: ReadRecord): void {
    const item = this.#itemOf(read)
    if (item !== undefined) return this.#hot.push(item)
    const { from, to, header } = read
    this.#lose({ from, to, requests: 1, records: header.records, bytes: header.bytes })
  }

  #createReader(from: Place, onLost: (loss: Loss) => void): LogReader {
    const { folder, segments, salt, log } = this.#started(this.#opened)
    return new LogReader({ folder, segments, salt, from, tail: () => log.tail, onLost })
  }

  #lose(loss: Loss): void {
    this.#tellLoss(loss)
    if (loss.records > 0) this.#options.events.dropped('damaged', loss.records)
    const begun = this.#hot.passDamage(loss.to)
    this.#room.leave(this.#started(this.#lots).lose(loss, begun))
  }

  #tellLoss({ from, requests, records, bytes }: Loss): void {
    const { events, directory } = this.#options
    const { segment, offset } = from
    const fields = { directory, segment, offset, requests, records, bytes }
    events.trouble('part of the queue is damaged and was passed over', fields)
  }

  #dropOldest(): boolean {
    const item = this.#hot.drop()
    if (item === undefined) return false
    this.#room.leave(this.#started(this.#lots).drop(item))
    this.#reclaim?.soon()
    this.#options.events.dropped('queue_overflow', lotRecords(wholeLot(item)))
    return true
  }

  #behindMs(): number {
    const oldest = this.#hot.peek()
    return oldest === undefined ? 0 : this.#clock.now() - oldest.offeredAtMs
  }

  #tooLongError(bytes: number): PipelineError {
    return PipelineError.permanent(
      `batch of ${bytes} bytes cannot be queued: ${RECORD_BYTES_MAX} is the most a queue on disk takes at once`,
      { code: 'resource_exhausted', reason: 'larger_than_queue' },
    )
  }

  #started<T>(value: T | undefined): T {
    if (value !== undefined) return value
    throw this.#closedError()
  }

  #closedError(): PipelineError {
    return PipelineError.retryable(`sending_queue of ${this.#options.name} is not open`, {
      reason: 'shutting_down',
    })
  }
}
