import { crc32c } from '@node-rs/crc32'
import { CODECS } from '../codecs.ts'
import { type FetchedMessage, undecodableMessages } from './fetched-message.ts'
import { readRecords } from './read-records.ts'

/** What a record batch may unpack to. Kafka's own default for a packed one is 1 MiB. */
export const RECORD_BATCH_BYTES_MAX = 64 * 1024 * 1024

/** Before the length, which counts what follows it. */
const LENGTH_AT = 8
const LENGTH_END = 12
const CRC_AT = 17
const ATTRIBUTES_AT = 21
const HEADER_BYTES = 61

const COMPRESSION_MASK = 0x07
const LOG_APPEND_TIME = 0x08
const TRANSACTIONAL = 0x10
const CONTROL = 0x20

/** What stands before the records of a batch; the layout is in record-batch.ts. */
export interface RecordBatchHeader {
  /** With all of it, in bytes. */
  readonly bytes: number
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
  if (at + HEADER_BYTES > bytes.length) return undefined
  const length = bytes.readInt32BE(at + LENGTH_AT) + LENGTH_END
  if (length < HEADER_BYTES) throw new Error(`a record batch of ${length} bytes is too short`)
  if (at + length > bytes.length) return undefined
  const attributes = bytes.readInt16BE(at + ATTRIBUTES_AT)
  return {
    bytes: length,
    baseOffset: Number(bytes.readBigInt64BE(at)),
    lastOffsetDelta: bytes.readInt32BE(at + 23),
    baseMs: Number(bytes.readBigInt64BE(at + 27)),
    maxMs: Number(bytes.readBigInt64BE(at + 35)),
    producerId: bytes.readBigInt64BE(at + 43).toString(),
    count: bytes.readInt32BE(at + 57),
    compression: attributes & COMPRESSION_MASK,
    isLogAppendTime: (attributes & LOG_APPEND_TIME) !== 0,
    isTransactional: (attributes & TRANSACTIONAL) !== 0,
    isControl: (attributes & CONTROL) !== 0,
  }
}

/** Is the batch that begins at `at` as its producer has made it? kafkajs does not look. */
export function isIntact(bytes: Buffer, at: number, header: RecordBatchHeader): boolean {
  const covered = bytes.subarray(at + ATTRIBUTES_AT, at + header.bytes)
  return crc32c(covered) === bytes.readUInt32BE(at + CRC_AT)
}

/** What a batch holds, and how many bytes it is unpacked. */
export interface ReadRecordBatch {
  readonly messages: FetchedMessage[]
  readonly unpackedBytes: number
}

/**
 * The messages of the batch that begins at `at`, which MUST be intact. When it cannot be unpacked or
 * read, messages that say so in the place of all of them.
 */
export async function readRecordBatch(
  bytes: Buffer,
  at: number,
  header: RecordBatchHeader,
): Promise<ReadRecordBatch> {
  // Compaction leaves such; there is nothing to unpack, whatever the compression.
  if (header.count === 0) return { messages: [], unpackedBytes: 0 }
  try {
    const packed = bytes.subarray(at + HEADER_BYTES, at + header.bytes)
    const records = await unpacked(packed, header.compression)
    return { messages: messagesOf(header, records), unpackedBytes: records.length }
  } catch (error) {
    return { messages: undecodableMessages(header, (error as Error).message), unpackedBytes: 0 }
  }
}

async function unpacked(packed: Buffer, compression: number): Promise<Buffer> {
  if (compression === 0) return packed
  const codec = CODECS.get(compression)
  if (codec === undefined) throw new Error(`compression ${compression} is not known`)
  return await codec.decompress(packed, RECORD_BATCH_BYTES_MAX)
}

function messagesOf(header: RecordBatchHeader, records: Buffer): FetchedMessage[] {
  const { baseOffset, baseMs, maxMs, isLogAppendTime, isControl, producerId } = header
  const batchContext = { producerId, inTransaction: header.isTransactional }
  const messages: FetchedMessage[] = []
  readRecords(records, header.count, ({ offsetDelta, timestampDeltaMs, key, value, headers }) => {
    messages.push({
      offset: String(baseOffset + offsetDelta),
      timestamp: String(isLogAppendTime ? maxMs : baseMs + timestampDeltaMs),
      key,
      value,
      headers,
      isControlRecord: isControl,
      batchContext,
    })
  })
  return messages
}
