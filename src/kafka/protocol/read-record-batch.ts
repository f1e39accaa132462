import { CODECS } from '../codecs.ts'
import { type FetchedMessage, undecodableMessages } from './fetched-message.ts'
import { readRecords } from './read-records.ts'
import type { RecordBatchHeader } from './record-batch-header.ts'
import { HEADER_BYTES } from './record-batch-layout.ts'

/** What a record batch may unpack to. Kafka's own default for a packed one is 1 MiB. */
export const RECORD_BATCH_BYTES_MAX = 64 * 1024 * 1024

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
