import test from 'ava'
import { encodeRecordBatch } from '../../../src/kafka/protocol/record-batch.ts'
import { isIntact, readBatchHeader } from '../../../src/kafka/protocol/record-batch-header.ts'
import { NOW_MS } from '../../helpers/kafka-records.ts'

async function encode(value: string): Promise<Buffer> {
  return await encodeRecordBatch({
    records: [{ key: null, value }],
    compression: 0,
    codec: undefined,
    nowMs: NOW_MS,
    producerId: 77n,
    producerEpoch: 3,
    firstSequence: 9,
    isTransactional: true,
  })
}

test('what was written is read, wherever the batch begins', async t => {
  const batch = await encode('a')
  for (const at of [0, 5]) {
    const bytes = Buffer.concat([Buffer.alloc(at, 0xee), batch])
    const { checksum, ...header } = readBatchHeader(bytes, at)!
    t.is(checksum, batch.readUInt32BE(17))
    t.deepEqual(header, {
      bytes: batch.length,
      baseOffset: 0,
      lastOffsetDelta: 0,
      count: 1,
      compression: 0,
      baseMs: NOW_MS,
      maxMs: NOW_MS,
      isLogAppendTime: false,
      isControl: false,
      isTransactional: true,
      producerId: '77',
    })
  }
})

test('a batch that is not all there has no header', async t => {
  const batch = await encode('a')
  for (let cut = 0; cut < batch.length; cut++) {
    t.is(readBatchHeader(batch.subarray(0, cut), 0), undefined)
  }
  t.is(readBatchHeader(batch, 0)!.bytes, batch.length)
  batch.writeInt32BE(3, 8)
  t.throws(() => readBatchHeader(batch, 0), { message: /15 bytes is too short/ })
})

test('every change behind the checksum is seen', async t => {
  const batch = await encode('a')
  for (let at = 17; at < batch.length; at++) {
    const copy = Buffer.from(batch)
    copy[at]! ^= 0x10
    t.false(isIntact(copy, 0, readBatchHeader(copy, 0)!))
  }
})
