import { crc32c } from '@node-rs/crc32'
import type { Place } from './place.ts'

/*
 * One line of the journal, 128 bytes:
 *
 *   0    u32  CRC32C of what follows
 *   4    u32  generation of the file: what an earlier one has left is not read
 *   8    u32  kind: 1 cursor, 2 begin, 3 done
 *   12   u32  log records of the lot
 *   16   u64  id of the lot
 *   24   from: place (40 bytes), then u32 record
 *   68   to: place (40 bytes), then u32 record
 *   112  u32  batches that end in the lot
 *   116  u64  bytes of these batches
 *   124  u32  reserved
 *
 * A place: u32 segment, u32 offset, u64 sequence, u64 records, u64 bytes, 8 bytes reserved.
 */

export const ENTRY_BYTES = 128
const FROM = 24
const TO = 68
const PLACE_BYTES = 40
const KINDS = ['cursor', 'begin', 'done'] as const

/** A place in the log, or some records into the batch that begins there. */
export interface Mark {
  readonly place: Place
  readonly record: number
}

/** Records that were sent as one: from a mark up to, not including, another. */
export interface LotEntry {
  readonly id: number
  readonly from: Mark
  readonly to: Mark
  readonly sums: LotSums
}

/** A batch that was cut counts in the lot that has its end; its records count where they are. */
export interface LotSums {
  readonly requests: number
  readonly records: number
  readonly bytes: number
}

export type JournalEntry =
  /** Everything before the mark is in some lot. */
  | { readonly kind: 'cursor'; readonly to: Mark }
  /** The lot will be sent, and moves the cursor behind it. */
  | { readonly kind: 'begin'; readonly lot: LotEntry }
  | { readonly kind: 'done'; readonly id: number }

export function encodeEntry(entry: JournalEntry, generation: number, into: Buffer): void {
  into.fill(0)
  into.writeUInt32LE(generation >>> 0, 4)
  into.writeUInt32LE(KINDS.indexOf(entry.kind) + 1, 8)
  if (entry.kind === 'done') into.writeBigUInt64LE(BigInt(entry.id), 16)
  if (entry.kind === 'cursor') writeMark(into, TO, entry.to)
  if (entry.kind === 'begin') {
    const { id, from, to, sums } = entry.lot
    into.writeUInt32LE(sums.records, 12)
    into.writeBigUInt64LE(BigInt(id), 16)
    writeMark(into, FROM, from)
    writeMark(into, TO, to)
    into.writeUInt32LE(sums.requests, 112)
    into.writeBigUInt64LE(BigInt(sums.bytes), 116)
  }
  into.writeUInt32LE(crc32c(into.subarray(4, ENTRY_BYTES)), 0)
}

/** The entry at the begin of `bytes`; undefined where none of this generation was written. */
export function decodeEntry(bytes: Buffer, generation: number): JournalEntry | undefined {
  if (bytes.length < ENTRY_BYTES || bytes.readUInt32LE(4) !== generation >>> 0) return undefined
  if (crc32c(bytes.subarray(4, ENTRY_BYTES)) !== bytes.readUInt32LE(0)) return undefined
  const id = Number(bytes.readBigUInt64LE(16))
  switch (KINDS[bytes.readUInt32LE(8) - 1]) {
    case 'cursor':
      return { kind: 'cursor', to: readMark(bytes, TO) }
    case 'begin': {
      const sums = {
        requests: bytes.readUInt32LE(112),
        records: bytes.readUInt32LE(12),
        bytes: Number(bytes.readBigUInt64LE(116)),
      }
      const lot = { id, from: readMark(bytes, FROM), to: readMark(bytes, TO), sums }
      return { kind: 'begin', lot }
    }
    case 'done':
      return { kind: 'done', id }
    default:
      return undefined
  }
}

function writeMark(into: Buffer, at: number, { place, record }: Mark): void {
  into.writeUInt32LE(place.segment, at)
  into.writeUInt32LE(place.offset, at + 4)
  into.writeBigUInt64LE(BigInt(place.totals.sequence), at + 8)
  into.writeBigUInt64LE(BigInt(place.totals.records), at + 16)
  into.writeBigUInt64LE(BigInt(place.totals.bytes), at + 24)
  into.writeUInt32LE(record, at + PLACE_BYTES)
}

function readMark(bytes: Buffer, at: number): Mark {
  return {
    place: {
      segment: bytes.readUInt32LE(at),
      offset: bytes.readUInt32LE(at + 4),
      totals: {
        sequence: Number(bytes.readBigUInt64LE(at + 8)),
        records: Number(bytes.readBigUInt64LE(at + 16)),
        bytes: Number(bytes.readBigUInt64LE(at + 24)),
      },
    },
    record: bytes.readUInt32LE(at + PLACE_BYTES),
  }
}
