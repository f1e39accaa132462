import { crc32c } from '@node-rs/crc32'
import * as layout from './record-batch-layout.ts'

/** What stands before the records of a batch; see record-batch-layout.ts. */
export interface RecordBatchHeader {
  /** With all of it, in bytes. */
  readonly bytes: number
  /** CRC-32C of what is behind it. */
  readonly checksum: number
  readonly baseOffset: number
  readonly lastOffsetDelta: number
  readonly count: number
  readonly compression: number
  readonly baseMs: number
  readonly maxMs: number
  /** Is `maxMs`, when the broker got the batch, the time of all its records? */
  readonly isLogAppendTime: boolean
  readonly isControl: boolean
  readonly isTransactional: boolean
  readonly producerId: string
}

/** The header of the batch that begins at `at`; undefined when the batch is not all there. */
export function readBatchHeader(bytes: Buffer, at: number): RecordBatchHeader | undefined {
  if (at + layout.HEADER_BYTES > bytes.length) return undefined
  const length = bytes.readInt32BE(at + layout.LENGTH_AT) + layout.LENGTH_END
  if (length < layout.HEADER_BYTES)
    throw new Error(`a record batch of ${length} bytes is too short`)
  if (at + length > bytes.length) return undefined
  const attributes = bytes.readInt16BE(at + layout.ATTRIBUTES_AT)
  return {
    bytes: length,
    checksum: bytes.readUInt32BE(at + layout.CRC_AT),
    baseOffset: Number(bytes.readBigInt64BE(at + layout.BASE_OFFSET_AT)),
    lastOffsetDelta: bytes.readInt32BE(at + layout.LAST_OFFSET_DELTA_AT),
    baseMs: Number(bytes.readBigInt64BE(at + layout.BASE_TIMESTAMP_AT)),
    maxMs: Number(bytes.readBigInt64BE(at + layout.MAX_TIMESTAMP_AT)),
    producerId: bytes.readBigInt64BE(at + layout.PRODUCER_ID_AT).toString(),
    count: bytes.readInt32BE(at + layout.COUNT_AT),
    compression: attributes & layout.COMPRESSION_MASK,
    isLogAppendTime: (attributes & layout.LOG_APPEND_TIME) !== 0,
    isTransactional: (attributes & layout.TRANSACTIONAL) !== 0,
    isControl: (attributes & layout.CONTROL) !== 0,
  }
}

/** Is the batch that begins at `at` as its producer has made it? kafkajs does not look. */
export function isIntact(bytes: Buffer, at: number, header: RecordBatchHeader): boolean {
  const covered = bytes.subarray(at + layout.ATTRIBUTES_AT, at + header.bytes)
  return crc32c(covered) === header.checksum
}
