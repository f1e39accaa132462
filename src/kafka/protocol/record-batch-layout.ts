/*
 * A record batch, version 2 (kafka.apache.org/documentation/#recordbatch):
 *
 *   at 0   baseOffset int64            of a producer 0: the broker sets it
 *   at 8   batchLength int32           of what follows
 *   at 12  partitionLeaderEpoch int32  of a producer 0: the broker sets it
 *   at 16  magic int8                  2
 *   at 17  crc uint32                  CRC-32C of what follows
 *   at 21  attributes int16            the bits are below
 *   at 23  lastOffsetDelta int32
 *   at 27  baseTimestamp int64         milliseconds since the epoch
 *   at 35  maxTimestamp int64
 *   at 43  producerId int64
 *   at 51  producerEpoch int16
 *   at 53  baseSequence int32
 *   at 57  count int32
 *   at 61  records, packed as a whole
 */

export const MAGIC = 2

export const BASE_OFFSET_AT = 0
export const LENGTH_AT = 8
/** What the length does not count. */
export const LENGTH_END = 12
export const LEADER_EPOCH_AT = 12
/** In every version of batches, and of the message sets before them. */
export const MAGIC_AT = 16
export const CRC_AT = 17
export const ATTRIBUTES_AT = 21
export const LAST_OFFSET_DELTA_AT = 23
export const BASE_TIMESTAMP_AT = 27
export const MAX_TIMESTAMP_AT = 35
export const PRODUCER_ID_AT = 43
export const PRODUCER_EPOCH_AT = 51
export const BASE_SEQUENCE_AT = 53
export const COUNT_AT = 57
export const HEADER_BYTES = 61

/** Bits of the attributes. */
export const COMPRESSION_MASK = 0x07
export const LOG_APPEND_TIME = 0x08
export const TRANSACTIONAL = 0x10
export const CONTROL = 0x20
