import { join } from 'node:path'
import type { Files, OpenFile } from './files.ts'
import {
  ENTRY_BYTES,
  encodeEntry,
  type JournalEntry,
  type LotEntry,
  type Mark,
} from './journal-entry.ts'
import {
  CURSOR_NAMES,
  encodeJournalHeader,
  JOURNAL_HEADER_BYTES,
  type JournalState,
  type RecoveredJournal,
} from './journal-file.ts'
import { fill } from './queue-folder.ts'

/** Room for some 2,000 entries; then the state is written into the other file. */
const FILE_BYTES_MIN = 256 * 1024

interface Waiting {
  resolve(): void
  reject(error: unknown): void
}

/**
 * What has been sent: which lots were begun, which are done, and where the next one begins.
 *
 * Two files take turns. Each begins with the whole state and goes on with the changes; when it is
 * full, the state of that moment is written into the other, which counts as soon as that is whole.
 * Both have their space from the beginning, so that a full disk can still be emptied.
 *
 * That a lot is begun is synced before it is sent: afterwards its bounds could not be found again.
 * That it is done is written but not synced: forgotten, it is sent once more as it was.
 */
export class Journal {
  readonly #files: Files
  readonly #folder: string
  readonly #queueId: string
  readonly #onError: (error: unknown) => void
  readonly #open: Map<number, LotEntry>
  #cursor: Mark
  #generation: number
  /** A try that failed may have left lines, so that its number must not be used again. */
  #failedTurns = 0
  /** The file that counts; undefined when the state has to be written anew. */
  #file: OpenFile | undefined
  #offset = 0
  #size = 0
  #pending: JournalEntry[] = []
  #waiting: Waiting[] = []
  #mustSync = false
  #flushing: Promise<void> | undefined
  #closed = false

  constructor(
    files: Files,
    folder: string,
    { queueId, generation, state }: RecoveredJournal,
    onError: (error: unknown) => void,
  ) {
    this.#files = files
    this.#folder = folder
    this.#queueId = queueId
    this.#generation = generation
    this.#cursor = state.cursor
    this.#open = new Map(state.open.map(lot => [lot.id, lot]))
    this.#onError = onError
  }

  get cursor(): Mark {
    return this.#cursor
  }

  /** Lots that are begun and not done, in the order they were begun. */
  get open(): Iterable<LotEntry> {
    return this.#open.values()
  }

  /** Takes its files' space; a fresh generation makes sure that both can be written. */
  async start(): Promise<void> {
    for (const name of CURSOR_NAMES) await this.#makeFile(name)
    await this.sync()
  }

  /** Resolves when a power cut cannot undo it. */
  async begin(lot: LotEntry): Promise<void> {
    this.#open.set(lot.id, lot)
    this.#cursor = lot.to
    this.#pending.push({ kind: 'begin', lot })
    await this.sync()
  }

  /** Nothing before the mark is to be sent. Not waited for: forgotten, it is sent after all. */
  moveTo(to: Mark): void {
    this.#cursor = to
    if (this.#closed) return
    this.#pending.push({ kind: 'cursor', to })
    this.#flushSoon()
  }

  /** After `close` it is not written down: the files may be another's by then. */
  done(id: number): void {
    if (!this.#open.delete(id) || this.#closed) return
    this.#pending.push({ kind: 'done', id })
    this.#flushSoon()
  }

  /** Resolves when all that was said so far is on the disk. */
  async sync(): Promise<void> {
    if (this.#closed) throw new Error('the journal is closed')
    this.#mustSync = true
    await new Promise<void>((resolve, reject) => {
      this.#waiting.push({ resolve, reject })
      this.#flushSoon()
    })
  }

  async close(): Promise<void> {
    if (this.#closed) return
    const synced = this.sync()
    this.#closed = true
    try {
      await synced
    } finally {
      await this.#flushing
      await this.#file?.close()
      this.#file = undefined
    }
  }

  #flushSoon(): void {
    this.#flushing ??= this.#flushAll().finally(() => {
      this.#flushing = undefined
    })
  }

  async #flushAll(): Promise<void> {
    while (this.#pending.length > 0 || this.#waiting.length > 0) {
      const entries = this.#pending
      const waiting = this.#waiting
      const sync = this.#mustSync
      this.#pending = []
      this.#waiting = []
      this.#mustSync = false
      try {
        await this.#flush(entries, sync)
        for (const waiter of waiting) waiter.resolve()
      } catch (error) {
        // The state in memory is whole: the next flush writes all of it into the other file.
        const broken = this.#file
        this.#file = undefined
        await broken?.close().catch(() => {})
        if (waiting.length === 0) this.#onError(error)
        for (const waiter of waiting) waiter.reject(error)
      }
    }
  }

  async #flush(entries: readonly JournalEntry[], sync: boolean): Promise<void> {
    const file = this.#file
    const bytes = entries.length * ENTRY_BYTES
    if (file === undefined || this.#offset + bytes > this.#size) return await this.#turnOver()
    if (bytes > 0) await file.write([encodeEntries(entries, this.#generation)], this.#offset)
    this.#offset += bytes
    if (sync) await file.sync()
  }

  /** Writes the state, which has all entries in it, into the other file. */
  async #turnOver(): Promise<void> {
    // The same parity: the file that still counts must not be touched.
    const generation = this.#generation + 1 + 2 * this.#failedTurns
    const state: JournalState = { cursor: this.#cursor, open: [...this.#open.values()] }
    const entries: JournalEntry[] = [
      { kind: 'cursor', to: state.cursor },
      ...state.open.map(lot => ({ kind: 'begin', lot }) as const),
    ]
    const name = CURSOR_NAMES[generation % 2]!
    const file = await this.#files.openFile(join(this.#folder, name), 'write')
    try {
      let size = await file.size()
      const needed = JOURNAL_HEADER_BYTES + 2 * entries.length * ENTRY_BYTES
      if (needed > size) {
        size = 2 * needed
        await fill(file, size)
      }
      const header = encodeJournalHeader(generation, this.#queueId, entries.length)
      await file.write([header, encodeEntries(entries, generation)], 0)
      await file.sync()
      await this.#file?.close()
      this.#file = file
      this.#generation = generation
      this.#failedTurns = 0
      this.#size = size
      this.#offset = JOURNAL_HEADER_BYTES + entries.length * ENTRY_BYTES
    } catch (error) {
      this.#failedTurns++
      await file.close()
      throw error
    }
  }

  async #makeFile(name: string): Promise<void> {
    const names = await this.#files.list(this.#folder)
    const path = join(this.#folder, name)
    const file = await this.#files.openFile(path, names.includes(name) ? 'write' : 'create')
    try {
      if ((await file.size()) < FILE_BYTES_MIN) await fill(file, FILE_BYTES_MIN)
    } finally {
      await file.close()
    }
    await this.#files.syncFolder(this.#folder)
  }
}

function encodeEntries(entries: readonly JournalEntry[], generation: number): Buffer {
  const bytes = Buffer.alloc(entries.length * ENTRY_BYTES)
  for (const [i, entry] of entries.entries()) {
    encodeEntry(entry, generation, bytes.subarray(i * ENTRY_BYTES))
  }
  return bytes
}
