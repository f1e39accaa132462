import { crc32c } from '@node-rs/crc32'
import type { LogTotals } from './place.ts'

/*
 * The first 64 bytes of a segment:
 *
 *   0   "PSEG"
 *   4   u32  version of the format
 *   8   u64  number of the segment
 *   16  u64  sequence of its first record
 *   24  u64  log records in all segments before it
 *   32  u64  bytes of all records in all segments before it
 *   40  f64  when it was begun, Unix time in milliseconds
 *   48  8 bytes  id of the queue
 *   56  u32  reserved
 *   60  u32  CRC32C of what is above
 *
 * Sums instead of an index: a backlog of any length is counted by reading its headers.
 */

export const SEGMENT_HEADER_BYTES = 64
const MAGIC = 'PSEG'
const VERSION = 1

export interface SegmentHeader {
  readonly number: number
  /** Before the segment; its first record has this sequence. */
  readonly totals: LogTotals
  readonly createdAtUnixMs: number
  /** 16 hex digits. */
  readonly queueId: string
}

export function encodeSegmentHeader(header: SegmentHeader): Buffer {
  const bytes = Buffer.alloc(SEGMENT_HEADER_BYTES)
  bytes.write(MAGIC, 0, 'latin1')
  bytes.writeUInt32LE(VERSION, 4)
  bytes.writeBigUInt64LE(BigInt(header.number), 8)
  bytes.writeBigUInt64LE(BigInt(header.totals.sequence), 16)
  bytes.writeBigUInt64LE(BigInt(header.totals.records), 24)
  bytes.writeBigUInt64LE(BigInt(header.totals.bytes), 32)
  bytes.writeDoubleLE(header.createdAtUnixMs, 40)
  bytes.write(header.queueId, 48, 'hex')
  bytes.writeUInt32LE(crc32c(bytes.subarray(0, 60)), 60)
  return bytes
}

/**
 * Undefined when the header is damaged.
 * @throws Error for a version of the format that this program does not know.
 */
export function decodeSegmentHeader(bytes: Buffer): SegmentHeader | undefined {
  if (bytes.length < SEGMENT_HEADER_BYTES) return undefined
  if (crc32c(bytes.subarray(0, 60)) !== bytes.readUInt32LE(60)) return undefined
  if (bytes.toString('latin1', 0, 4) !== MAGIC) return undefined
  assertKnownVersion(bytes.readUInt32LE(4), VERSION)
  return {
    number: Number(bytes.readBigUInt64LE(8)),
    totals: {
      sequence: Number(bytes.readBigUInt64LE(16)),
      records: Number(bytes.readBigUInt64LE(24)),
      bytes: Number(bytes.readBigUInt64LE(32)),
    },
    createdAtUnixMs: bytes.readDoubleLE(40),
    queueId: bytes.toString('hex', 48, 56),
  }
}

export function assertKnownVersion(version: number, known: number): void {
  if (version === known) return
  throw new Error(
    `was written in version ${version} of the queue format, this Parsec knows version ${known}: run the newer Parsec to empty the queue, or choose another directory`,
  )
}
