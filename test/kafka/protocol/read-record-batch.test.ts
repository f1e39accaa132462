import { createRequire } from 'node:module'
import { crc32c } from '@node-rs/crc32'
import test from 'ava'
import fc from 'fast-check'
import { CODECS, COMPRESSION_TYPES } from '../../../src/kafka/codecs.ts'
import '../../../src/kafka/kafkajs.ts'
import {
  type FetchedMessage,
  UNDECODABLE_HEADER,
} from '../../../src/kafka/protocol/fetched-message.ts'
import { readRecordBatch } from '../../../src/kafka/protocol/read-record-batch.ts'
import { encodeRecordBatch } from '../../../src/kafka/protocol/record-batch.ts'
import { isIntact, readBatchHeader } from '../../../src/kafka/protocol/record-batch-header.ts'
import type { WritableRecord } from '../../../src/kafka/protocol/records.ts'
import { anyRecords, NOW_MS } from '../../helpers/kafka-records.ts'

const require = createRequire(import.meta.url)
const Decoder = require('kafkajs/src/protocol/decoder') as new (bytes: Buffer) => object
const theirDecode = require('kafkajs/src/protocol/recordBatch/v0/decoder') as (
  decoder: object,
) => Promise<{ readonly records: readonly FetchedMessage[] }>

async function encode(records: readonly WritableRecord[], compression = 0): Promise<Buffer> {
  return await encodeRecordBatch({
    records,
    compression,
    codec: CODECS.get(compression),
    nowMs: NOW_MS,
    producerId: 77n,
    producerEpoch: 3,
    firstSequence: 0,
    isTransactional: true,
  })
}

/** Behind four bytes of something else, since no batch begins at 0 but the first. */
async function read(batch: Buffer): Promise<FetchedMessage[]> {
  const bytes = Buffer.concat([Buffer.alloc(4, 0xee), batch, Buffer.alloc(4, 0xee)])
  const header = readBatchHeader(bytes, 4)!
  if (!isIntact(bytes, 4, header)) throw new Error('the checksum is wrong')
  return (await readRecordBatch(bytes, 4, header)).messages
}

/** With another header, and the checksum that belongs to it. */
function changed(batch: Buffer, change: (copy: Buffer) => void): Buffer {
  const copy = Buffer.from(batch)
  change(copy)
  copy.writeUInt32BE(crc32c(copy.subarray(21)), 17)
  return copy
}

for (const [name, compression] of Object.entries(COMPRESSION_TYPES)) {
  test(`a batch with compression ${name} is read as kafkajs reads it`, async t => {
    await fc.assert(
      fc.asyncProperty(anyRecords, fc.nat(), async (records, baseOffset) => {
        const batch = await encode(records, compression)
        batch.writeBigInt64BE(BigInt(baseOffset), 0)
        const ours = await read(batch)
        const theirs = (await theirDecode(new Decoder(batch))).records
        t.is(ours.length, theirs.length)
        for (const [i, { key, value, offset, timestamp, isControlRecord }] of ours.entries()) {
          const their = theirs[i]!
          t.deepEqual([key, value], [their.key, their.value])
          t.deepEqual(
            [offset, timestamp, isControlRecord],
            [their.offset, their.timestamp, their.isControlRecord],
          )
          t.deepEqual({ ...their.batchContext, ...ours[i]!.batchContext }, their.batchContext)
        }
      }),
      { numRuns: 20 },
    )
  })
}

test('with the time of the broker all records have that', async t => {
  const batch = await encode([
    { key: null, value: 'a', timestampMs: 5 },
    { key: null, value: 'b' },
  ])
  const messages = await read(
    changed(batch, copy => {
      copy.writeInt16BE(0x08, 21)
      copy.writeBigInt64BE(123n, 35)
    }),
  )
  t.deepEqual(
    messages.map(({ timestamp }) => timestamp),
    ['123', '123'],
  )
})

test('the end of a transaction is told from messages', async t => {
  const batch = await encode([{ key: Buffer.alloc(4), value: '' }])
  const [end] = await read(changed(batch, copy => copy.writeInt16BE(0x30, 21)))
  t.true(end!.isControlRecord)
  t.deepEqual(end!.batchContext, { producerId: '77', inTransaction: true })
})

test('what cannot be unpacked or read becomes messages that say so, as many as it has', async t => {
  const three = ['a', 'b', 'c'].map(value => ({ key: null, value }))
  const plain = await encode(three)
  const packed = await encode(three, COMPRESSION_TYPES.lz4)
  const faults: [batch: Buffer, reason: RegExp][] = [
    [changed(plain, copy => copy.writeInt16BE(7, 21)), /^compression 7 is not known$/],
    [changed(packed, copy => copy.fill(0xff, 61)), /^lz4: not a frame$/],
    [changed(plain, copy => copy.fill(0xff, 61)), /^record 0 of 3: a number in it does not end$/],
  ]
  for (const [batch, reason] of faults) {
    const messages = await read(batch)
    t.deepEqual(
      messages.map(({ offset }) => offset),
      ['0', '1', '2'],
    )
    for (const { key, value, headers } of messages) {
      t.deepEqual([key, value], [null, null])
      t.regex(String(headers[UNDECODABLE_HEADER]), reason)
    }
  }
})

test('a batch that compaction has left empty has no messages, whatever its compression', async t => {
  const batch = await encode([{ key: null, value: 'a' }])
  for (const compression of Object.values(COMPRESSION_TYPES)) {
    const empty = changed(batch.subarray(0, 61), copy => {
      copy.writeInt32BE(61 - 12, 8)
      copy.writeInt16BE(compression, 21)
      copy.writeInt32BE(0, 57)
    })
    t.deepEqual(await read(empty), [])
  }
})
