import type { OpenFile } from './files.ts'
import {
  decodeHeader,
  isIntact,
  RECORD_ALIGN_BYTES,
  RECORD_HEADER_BYTES,
  type RecordHeader,
} from './record.ts'

export interface ScanOptions {
  readonly file: OpenFile
  readonly salt: number
  /** Where the first record begins, in bytes, and its sequence. */
  readonly offset: number
  readonly sequence: number
  /** Where the segment ends, in bytes. */
  readonly end: number
  /** The first sequence that is no longer in this segment; absent when nobody knows. */
  readonly sequenceEnd?: number | undefined
}

/** A record as it lies in a segment. */
export interface FoundRecord {
  readonly kind: 'record'
  /** In the segment. */
  readonly offset: number
  readonly header: RecordHeader
  /** The whole record; shares memory with its neighbours. */
  readonly bytes: Buffer
}

/** Bytes that should be records and are not. */
export interface FoundDamage {
  readonly kind: 'damage'
  readonly offset: number
  readonly bytes: number
  /** Sequences that are missing. */
  readonly missing: number
}

/** Read from disk at once, at least. */
const CHUNK_BYTES = 1024 * 1024

/**
 * Reads one segment forwards. Where a record is not as it was written, the next good one is looked
 * for; what lies between is reported as damage. The end is where nothing good follows.
 */
export class SegmentScan {
  readonly #options: ScanOptions
  #offset: number
  #sequence: number
  #chunk: Buffer = Buffer.alloc(0)
  #chunkOffset = 0

  constructor(options: ScanOptions) {
    this.#options = options
    this.#offset = options.offset
    this.#sequence = options.sequence
  }

  /** Where the next record would begin, in bytes. */
  get offset(): number {
    return this.#offset
  }

  /** The sequence it would have. */
  get sequence(): number {
    return this.#sequence
  }

  async next(): Promise<FoundRecord | FoundDamage | undefined> {
    const { sequenceEnd = Number.POSITIVE_INFINITY } = this.#options
    if (this.#sequence >= sequenceEnd) return undefined
    const record = await this.#recordAt(this.#offset, this.#sequence, sequenceEnd)
    // A filler stands for all that is missing before the next record.
    const isNext = record?.header.sequence === this.#sequence || record?.header.records === 0
    if (record !== undefined && isNext) return this.#pass(record)
    return await this.#damage(sequenceEnd)
  }

  #pass(record: FoundRecord): FoundRecord {
    this.#offset = record.offset + record.header.bytes
    this.#sequence = record.header.sequence + 1
    return record
  }

  /**
   * A record further on has a later sequence, but not more than there is room for: whatever an
   * earlier life of the file has left has an earlier one.
   */
  async #damage(sequenceEnd: number): Promise<FoundDamage | undefined> {
    const { end } = this.#options
    const from = this.#offset
    for (let at = from; at + RECORD_HEADER_BYTES <= end; at += RECORD_ALIGN_BYTES) {
      const most = this.#sequence + (at - from) / RECORD_ALIGN_BYTES + 1
      const to = Math.min(most, sequenceEnd)
      // Fast path: nearly no place looks like a header.
      const loaded = this.#has(at, RECORD_HEADER_BYTES)
      if (loaded && this.#headerAt(at, this.#sequence, to) === undefined) continue
      const record = await this.#recordAt(at, this.#sequence, to)
      if (record === undefined) continue
      const missing = record.header.sequence - this.#sequence
      this.#offset = at
      this.#sequence = record.header.sequence
      return { kind: 'damage', offset: from, bytes: at - from, missing }
    }
    if (sequenceEnd === Number.POSITIVE_INFINITY) return undefined
    // It is known how many there should be.
    const missing = sequenceEnd - this.#sequence
    this.#sequence = sequenceEnd
    this.#offset = end
    return { kind: 'damage', offset: from, bytes: end - from, missing }
  }

  /** The intact record at `offset` whose sequence is at least `from` and below `to`. */
  async #recordAt(offset: number, from: number, to: number): Promise<FoundRecord | undefined> {
    const { end, salt } = this.#options
    if (offset + RECORD_HEADER_BYTES > end) return undefined
    if (!this.#has(offset, RECORD_HEADER_BYTES)) await this.#load(offset, CHUNK_BYTES)
    const header = this.#headerAt(offset, from, to)
    if (header === undefined) return undefined
    if (!this.#has(offset, header.bytes)) {
      await this.#load(offset, Math.max(CHUNK_BYTES, header.bytes))
    }
    const start = offset - this.#chunkOffset
    if (start + header.bytes > this.#chunk.length) return undefined
    if (!isIntact(this.#chunk, start, header, salt)) return undefined
    const bytes = this.#chunk.subarray(start, start + header.bytes)
    return { kind: 'record', offset, header, bytes }
  }

  /** What stands in the loaded chunk, if it is a header of such a record. */
  #headerAt(offset: number, from: number, to: number): RecordHeader | undefined {
    const header = decodeHeader(this.#chunk, offset - this.#chunkOffset)
    if (header === undefined || header.sequence < from || header.sequence >= to) return undefined
    return offset + header.bytes > this.#options.end ? undefined : header
  }

  #has(offset: number, length: number): boolean {
    const start = offset - this.#chunkOffset
    return start >= 0 && start + length <= this.#chunk.length
  }

  /** A chunk of its own each time: records that were given out keep theirs. */
  async #load(offset: number, length: number): Promise<void> {
    const { file, end } = this.#options
    const chunk = Buffer.allocUnsafeSlow(Math.min(length, end - offset))
    const count = await file.read(chunk, offset)
    this.#chunk = chunk.subarray(0, count)
    this.#chunkOffset = offset
  }
}
