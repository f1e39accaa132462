import { crc32c } from '@node-rs/crc32'
import type { Codec } from '../codec.ts'
import * as layout from './record-batch-layout.ts'
import { recordsBytes, type WritableRecord, writeRecords } from './records.ts'
import { lendScratch } from './scratch.ts'

export interface RecordBatchOptions {
  /** At least one. */
  readonly records: readonly WritableRecord[]
  /** As Kafka numbers them; 0 = none, and then there is no codec. */
  readonly compression: number
  readonly codec: Codec | undefined
  /** For records that name no time of their own, in milliseconds since the epoch. */
  readonly nowMs: number
  /** -1 when the producer is not idempotent. */
  readonly producerId: bigint
  readonly producerEpoch: number
  readonly firstSequence: number
  readonly isTransactional: boolean
}

/**
 * Encodes records as one batch: one allocation of its final size, one copy of every value, and one
 * more buffer, used again for the next batch, when it is packed. Rejects when the codec does.
 */
export async function encodeRecordBatch(options: RecordBatchOptions): Promise<Buffer> {
  const { records, codec, nowMs } = options
  const baseMs = records[0]!.timestampMs ?? nowMs
  const bytes = recordsBytes(records, baseMs, nowMs)
  if (codec === undefined) {
    const batch = Buffer.allocUnsafeSlow(layout.HEADER_BYTES + bytes)
    writeRecords(batch, layout.HEADER_BYTES, records, baseMs, nowMs)
    return sealed(batch, options, baseMs)
  }
  const scratch = lendScratch(bytes)
  try {
    writeRecords(scratch.bytes, 0, records, baseMs, nowMs)
    const packed = await codec.compress(scratch.bytes.subarray(0, bytes))
    const batch = Buffer.allocUnsafeSlow(layout.HEADER_BYTES + packed.length)
    batch.set(packed, layout.HEADER_BYTES)
    return sealed(batch, options, baseMs)
  } finally {
    scratch.giveBack()
  }
}

/** Writes the header before the records, which are there. */
function sealed(batch: Buffer, options: RecordBatchOptions, baseMs: number): Buffer {
  const { records, compression, nowMs, isTransactional } = options
  const maxMs = records.reduce((max, { timestampMs = nowMs }) => Math.max(max, timestampMs), baseMs)
  batch.writeBigInt64BE(0n, layout.BASE_OFFSET_AT)
  batch.writeInt32BE(batch.length - layout.LENGTH_END, layout.LENGTH_AT)
  batch.writeInt32BE(0, layout.LEADER_EPOCH_AT)
  batch.writeInt8(layout.MAGIC, layout.MAGIC_AT)
  batch.writeInt16BE(
    compression | (isTransactional ? layout.TRANSACTIONAL : 0),
    layout.ATTRIBUTES_AT,
  )
  batch.writeInt32BE(records.length - 1, layout.LAST_OFFSET_DELTA_AT)
  batch.writeBigInt64BE(BigInt(baseMs), layout.BASE_TIMESTAMP_AT)
  batch.writeBigInt64BE(BigInt(maxMs), layout.MAX_TIMESTAMP_AT)
  batch.writeBigInt64BE(options.producerId, layout.PRODUCER_ID_AT)
  batch.writeInt16BE(options.producerEpoch, layout.PRODUCER_EPOCH_AT)
  batch.writeInt32BE(options.firstSequence, layout.BASE_SEQUENCE_AT)
  batch.writeInt32BE(records.length, layout.COUNT_AT)
  batch.writeUInt32BE(crc32c(batch.subarray(layout.ATTRIBUTES_AT)), layout.CRC_AT)
  return batch
}
