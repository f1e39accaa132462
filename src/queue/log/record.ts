import { crc32c } from '@node-rs/crc32'
import type { BatchContext } from '../../batch/batch.ts'
import type { Origin } from '../../batch/origin.ts'

/*
 * One batch in a segment (numbers are little-endian):
 *
 *   0   u32  length of what follows the header: meta + data
 *   4   u32  CRC32C of everything behind this field, begun with the queue's salt
 *   8   u64  sequence: counts up over all segments, never used twice
 *   16  u32  length of meta
 *   20  u32  log records in data; 0 = filler, made by a repair
 *   24  f64  when it was accepted, Unix time in milliseconds
 *   32  meta  JSON, padded with blanks so that the whole is a multiple of 8 bytes
 *       data  an ExportLogsServiceRequest
 *
 * The salt is made from the queue's random id: a log body may contain what looks like a record, but
 * its writer cannot make one that is taken for one when the record around it is damaged.
 *
 * A segment is written over older content, so that its end is where no record follows whose
 * sequence is the next one: zeros, a record of an earlier life, or one that was torn.
 */

export const RECORD_HEADER_BYTES = 32
/** Records begin at multiples of it: that is how the next one is found behind damage. */
export const RECORD_ALIGN_BYTES = 8
/** Lengths are u32, and one write of Node's takes 2 GiB. */
export const RECORD_BYTES_MAX = 2 ** 31 - 1

export interface RecordHeader {
  /** Of the whole record, header included. */
  readonly bytes: number
  readonly sequence: number
  readonly metaBytes: number
  readonly records: number
  readonly acceptedAtUnixMs: number
}

/** What is kept with the bytes of a batch, so that it comes back as it went in. */
export interface RecordMeta {
  readonly origin?: Origin | undefined
  readonly context: BatchContext
}

/** A record before its place in the log is known. */
export interface PreparedRecord {
  /** Header, still empty but for lengths and counts, and meta; `data` follows on disk. */
  readonly head: Buffer
  readonly data: Buffer
  /** Log records. */
  readonly records: number
  /** Of the whole record on disk. */
  readonly bytes: number
}

export function prepareRecord(
  record: RecordMeta & { readonly records: number; readonly acceptedAtUnixMs: number },
  data: Buffer,
): PreparedRecord {
  const meta = encodeMeta(record)
  const unpadded = RECORD_HEADER_BYTES + meta.length + data.length
  const padding = -unpadded & (RECORD_ALIGN_BYTES - 1)
  const bytes = unpadded + padding
  const { records } = record
  const head = Buffer.allocUnsafe(bytes - data.length)
  head.writeUInt32LE(bytes - RECORD_HEADER_BYTES, 0)
  head.writeUInt32LE(meta.length + padding, 16)
  head.writeUInt32LE(records, 20)
  head.writeDoubleLE(record.acceptedAtUnixMs, 24)
  meta.copy(head, RECORD_HEADER_BYTES)
  head.fill(0x20, RECORD_HEADER_BYTES + meta.length)
  return { head, data, records, bytes }
}

/** Gives a record its sequence, and with it the CRC. */
export function numberRecord({ head, data }: PreparedRecord, sequence: number, salt: number): void {
  head.writeBigUInt64LE(BigInt(sequence), 8)
  head.writeUInt32LE(crc32c(data, crc32c(head.subarray(8), salt)), 4)
}

/**
 * The header that makes a filler of damaged bytes, `content` being all of them: a record without log
 * records, whose sequence is the last that is missing.
 */
export function encodeFiller(content: Buffer, sequence: number, salt: number): Buffer {
  const filler = Buffer.from(content)
  filler.fill(0, 0, RECORD_HEADER_BYTES)
  filler.writeUInt32LE(content.length - RECORD_HEADER_BYTES, 0)
  filler.writeBigUInt64LE(BigInt(sequence), 8)
  filler.writeUInt32LE(crc32c(filler.subarray(8), salt), 4)
  return filler.subarray(0, RECORD_HEADER_BYTES)
}

/**
 * The header at `offset`, when what it says is possible; undefined for anything else. Its CRC is
 * not checked: see `isIntact`.
 */
export function decodeHeader(bytes: Buffer, offset: number): RecordHeader | undefined {
  if (offset + RECORD_HEADER_BYTES > bytes.length) return undefined
  const length = bytes.readUInt32LE(offset)
  const sequence = Number(bytes.readBigUInt64LE(offset + 8))
  const metaBytes = bytes.readUInt32LE(offset + 16)
  const total = RECORD_HEADER_BYTES + length
  if (length === 0 || metaBytes > length || total % RECORD_ALIGN_BYTES !== 0) return undefined
  if (sequence === 0 || !Number.isSafeInteger(sequence)) return undefined
  return {
    bytes: total,
    sequence,
    metaBytes,
    records: bytes.readUInt32LE(offset + 20),
    acceptedAtUnixMs: bytes.readDoubleLE(offset + 24),
  }
}

/** Is the record at `offset`, of which all bytes are there, as it was written? */
export function isIntact(
  bytes: Buffer,
  offset: number,
  { bytes: total }: RecordHeader,
  salt: number,
): boolean {
  const checked = bytes.subarray(offset + 8, offset + total)
  return crc32c(checked, salt) === bytes.readUInt32LE(offset + 4)
}

/** `queueId`: 16 hex digits. */
export function recordSalt(queueId: string): number {
  return crc32c(Buffer.from(queueId, 'hex'))
}

/** Meta and data of an intact record; the data shares memory with `bytes`. */
export function decodeBody(
  bytes: Buffer,
  offset: number,
  { bytes: total, metaBytes }: RecordHeader,
): { meta: RecordMeta; data: Buffer } {
  const from = offset + RECORD_HEADER_BYTES
  return {
    meta: decodeMeta(bytes.toString('utf8', from, from + metaBytes)),
    data: bytes.subarray(from + metaBytes, offset + total),
  }
}

interface MetaJson {
  readonly origin?: string
  readonly request_id?: string
  readonly client?: string
  readonly metadata?: Record<string, readonly string[]>
}

function encodeMeta({ origin, context }: RecordMeta): Buffer {
  const { requestId, clientAddress, metadata } = context
  const json: MetaJson = {
    ...(origin === undefined ? {} : { origin }),
    request_id: requestId,
    ...(clientAddress === undefined ? {} : { client: clientAddress }),
    ...(metadata === undefined ? {} : { metadata: Object.fromEntries(metadata) }),
  }
  return Buffer.from(JSON.stringify(json))
}

/** The CRC has said that these are our own bytes; a fault in them is one of ours. */
function decodeMeta(text: string): RecordMeta {
  const { origin, request_id: requestId = '', client, metadata } = JSON.parse(text) as MetaJson
  const context: BatchContext = {
    requestId,
    ...(client === undefined ? {} : { clientAddress: client }),
    ...(metadata === undefined ? {} : { metadata: new Map(Object.entries(metadata)) }),
  }
  return { origin, context }
}
