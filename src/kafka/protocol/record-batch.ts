import { crc32c } from '@node-rs/crc32'
import type { Codec } from '../codec.ts'
import { recordsBytes, type WritableRecord, writeRecords } from './records.ts'
import { lendScratch } from './scratch.ts'

/*
 * A record batch, version 2 (kafka.apache.org/documentation/#recordbatch):
 *
 *   at 0   baseOffset int64            0: the broker sets it
 *   at 8   batchLength int32           of what follows
 *   at 12  partitionLeaderEpoch int32  0: the broker sets it
 *   at 16  magic int8                  2
 *   at 17  crc uint32                  CRC-32C of what follows
 *   at 21  attributes int16            bits 0 to 2: compression; bit 4: in a transaction
 *   at 23  lastOffsetDelta int32
 *   at 27  baseTimestamp int64
 *   at 35  maxTimestamp int64
 *   at 43  producerId int64, producerEpoch int16, baseSequence int32
 *   at 57  count int32
 *   at 61  records, packed as a whole
 */

const LENGTH_AT = 8
const MAGIC_AT = 16
const CRC_AT = 17
const ATTRIBUTES_AT = 21
const HEADER_BYTES = 61

const MAGIC = 2
const TRANSACTIONAL = 0x10

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
    const batch = Buffer.allocUnsafeSlow(HEADER_BYTES + bytes)
    writeRecords(batch, HEADER_BYTES, records, baseMs, nowMs)
    return sealed(batch, options, baseMs)
  }
  const scratch = lendScratch(bytes)
  try {
    writeRecords(scratch.bytes, 0, records, baseMs, nowMs)
    const packed = await codec.compress(scratch.bytes.subarray(0, bytes))
    const batch = Buffer.allocUnsafeSlow(HEADER_BYTES + packed.length)
    batch.set(packed, HEADER_BYTES)
    return sealed(batch, options, baseMs)
  } finally {
    scratch.giveBack()
  }
}

/** Writes the header before the records, which are there. */
function sealed(batch: Buffer, options: RecordBatchOptions, baseMs: number): Buffer {
  const { records, compression, nowMs, isTransactional } = options
  const maxMs = records.reduce((max, { timestampMs = nowMs }) => Math.max(max, timestampMs), baseMs)
  batch.writeBigInt64BE(0n, 0)
  batch.writeInt32BE(batch.length - LENGTH_AT - 4, LENGTH_AT)
  batch.writeInt32BE(0, 12)
  batch.writeInt8(MAGIC, MAGIC_AT)
  batch.writeInt16BE(compression | (isTransactional ? TRANSACTIONAL : 0), ATTRIBUTES_AT)
  batch.writeInt32BE(records.length - 1, 23)
  batch.writeBigInt64BE(BigInt(baseMs), 27)
  batch.writeBigInt64BE(BigInt(maxMs), 35)
  batch.writeBigInt64BE(options.producerId, 43)
  batch.writeInt16BE(options.producerEpoch, 51)
  batch.writeInt32BE(options.firstSequence, 53)
  batch.writeInt32BE(records.length, 57)
  batch.writeUInt32BE(crc32c(batch.subarray(ATTRIBUTES_AT)), CRC_AT)
  return batch
}
