import type { OpenFile } from '../../src/queue/log/files.ts'
import { numberRecord, prepareRecord, recordSalt } from '../../src/queue/log/record.ts'
import { encodeSegmentHeader } from '../../src/queue/log/segment-header.ts'

/*
 * Segments made by hand, so that a test can put anything into them: records of an earlier life,
 * holes, and what an attacker would write.
 */

export const QUEUE_ID = '00112233445566ff'
export const SALT = recordSalt(QUEUE_ID)

export interface ImageRecord {
  readonly data?: Buffer | string
  /** Log records; 0 = filler. */
  readonly records?: number
  readonly salt?: number
  readonly origin?: string
}

/** One record as it lies in a segment. */
export function recordBytes(sequence: number, record: ImageRecord = {}): Buffer {
  const { data = `data of ${sequence}`, records = 1, salt = SALT, origin } = record
  const context = { requestId: `request-${sequence}` }
  const meta = { origin, context, records, acceptedAtUnixMs: 1000 + sequence }
  const prepared = prepareRecord(meta, Buffer.from(data))
  numberRecord(prepared, sequence, salt)
  return Buffer.concat([prepared.head, prepared.data])
}

/** A segment with these records behind its header, and zeros up to `bytes`. */
export function segmentBytes(records: readonly Buffer[], bytes = 4096, number = 1): Buffer {
  const totals = { sequence: 1, records: 0, bytes: 0 }
  const header = { number, totals, createdAtUnixMs: 5, queueId: QUEUE_ID }
  const all = Buffer.concat([encodeSegmentHeader(header), ...records])
  return Buffer.concat([all, Buffer.alloc(Math.max(0, bytes - all.length))])
}

/** A file that is only read. */
export class MemoryFile implements OpenFile {
  readonly content: Buffer

  constructor(content: Buffer) {
    this.content = content
  }

  async size(): Promise<number> {
    return this.content.length
  }

  async read(target: Buffer, position: number): Promise<number> {
    return this.content.copy(target, 0, position, position + target.length)
  }

  async write(): Promise<void> {
    throw new Error('only read')
  }

  async sync(): Promise<void> {}

  async close(): Promise<void> {}
}
