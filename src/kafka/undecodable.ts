/*
 * When a record batch cannot be unpacked, kafkajs fails the fetch of every partition of that broker,
 * and goes on failing. So a codec that fails gives records in the place of those it could not read:
 * as many as the batch has, with the reason in a header, for the consumer to set aside one by one.
 */

/** Header of a record that stands for one that could not be unpacked; its value is the reason. */
export const UNDECODABLE_HEADER = 'parsec.undecodable'

/** Where the count of records and the last offset delta lie before the records (RecordBatch v2). */
const COUNT_AT = -4
const LAST_OFFSET_DELTA_AT = -38
const PRELUDE_BYTES = 61
/** A batch that says it has more is not worth the memory. */
const RECORDS_MAX = 1_000_000

/**
 * Records for all of a batch, without key and value, one offset after the other up to the batch's
 * last. `compressed` MUST be the view that kafkajs gives its codecs: the batch's header lies before
 * it in memory. Undefined when there is no header, or one that cannot be true.
 */
export function undecodableRecords(compressed: Buffer, reason: string): Buffer | undefined {
  if (compressed.byteOffset < PRELUDE_BYTES) return undefined
  const header = Buffer.from(
    compressed.buffer,
    compressed.byteOffset - PRELUDE_BYTES,
    PRELUDE_BYTES,
  )
  const count = header.readInt32BE(PRELUDE_BYTES + COUNT_AT)
  const lastDelta = header.readInt32BE(PRELUDE_BYTES + LAST_OFFSET_DELTA_AT)
  if (count < 1 || count > RECORDS_MAX || lastDelta < count - 1) return undefined
  const records: Buffer[] = []
  for (let i = 0; i < count; i++) {
    records.push(record(i === count - 1 ? lastDelta : i, reason))
  }
  return Buffer.concat(records)
}

/** Record v2: attributes, timestamp delta, offset delta, no key, no value, one header. */
function record(offsetDelta: number, reason: string): Buffer {
  const body = Buffer.concat([
    Buffer.from([0, 0]),
    varint(offsetDelta),
    varint(-1),
    varint(-1),
    varint(1),
    text(UNDECODABLE_HEADER),
    text(reason.slice(0, 200)),
  ])
  return Buffer.concat([varint(body.length), body])
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value)
  return Buffer.concat([varint(bytes.length), bytes])
}

/** Zigzag, as everywhere in records. */
function varint(value: number): Buffer {
  let rest = value < 0 ? -value * 2 - 1 : value * 2
  const bytes: number[] = []
  while (rest > 0x7f) {
    bytes.push((rest & 0x7f) | 0x80)
    rest = Math.floor(rest / 128)
  }
  bytes.push(rest)
  return Buffer.from(bytes)
}
