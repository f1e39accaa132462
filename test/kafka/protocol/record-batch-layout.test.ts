import { createRequire } from 'node:module'
import test from 'ava'
import * as layout from '../../../src/kafka/protocol/record-batch-layout.ts'

const require = createRequire(import.meta.url)
const { RecordBatch, MAGIC_BYTE } = require('kafkajs/src/protocol/recordBatch/v0') as {
  readonly RecordBatch: (options: object) => Promise<{ readonly buffer: Buffer }>
  readonly MAGIC_BYTE: number
}

test('the fields are where kafkajs writes them', async t => {
  const { buffer } = await RecordBatch({
    firstOffset: 1,
    partitionLeaderEpoch: 2,
    lastOffsetDelta: 3,
    firstTimestamp: 4,
    maxTimestamp: 5,
    producerId: 6,
    producerEpoch: 7,
    firstSequence: 8,
    transactional: true,
  })
  t.is(buffer.length, layout.HEADER_BYTES)
  t.is(Number(buffer.readBigInt64BE(layout.BASE_OFFSET_AT)), 1)
  t.is(buffer.readInt32BE(layout.LENGTH_AT), buffer.length - layout.LENGTH_END)
  t.is(buffer.readInt32BE(layout.LEADER_EPOCH_AT), 2)
  t.is(buffer[layout.MAGIC_AT], layout.MAGIC)
  t.is(layout.MAGIC, MAGIC_BYTE)
  t.is(buffer.readInt16BE(layout.ATTRIBUTES_AT), layout.TRANSACTIONAL)
  t.is(buffer.readInt32BE(layout.LAST_OFFSET_DELTA_AT), 3)
  t.is(Number(buffer.readBigInt64BE(layout.BASE_TIMESTAMP_AT)), 4)
  t.is(Number(buffer.readBigInt64BE(layout.MAX_TIMESTAMP_AT)), 5)
  t.is(Number(buffer.readBigInt64BE(layout.PRODUCER_ID_AT)), 6)
  t.is(buffer.readInt16BE(layout.PRODUCER_EPOCH_AT), 7)
  t.is(buffer.readInt32BE(layout.BASE_SEQUENCE_AT), 8)
  t.is(buffer.readInt32BE(layout.COUNT_AT), 0)
})
