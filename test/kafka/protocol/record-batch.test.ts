import { createRequire } from 'node:module'
import test from 'ava'
import fc from 'fast-check'
import { CODECS, COMPRESSION_TYPES } from '../../../src/kafka/codecs.ts'
import '../../../src/kafka/kafkajs.ts'
import {
  encodeRecordBatch,
  type RecordBatchOptions,
} from '../../../src/kafka/protocol/record-batch.ts'
import type { WritableRecord } from '../../../src/kafka/protocol/records.ts'
import { anyRecords, NOW_MS } from '../../helpers/kafka-records.ts'

const require = createRequire(import.meta.url)
const kafkajsRecord = require('kafkajs/src/protocol/recordBatch/record/v0') as (
  record: object,
) => object
const { RecordBatch } = require('kafkajs/src/protocol/recordBatch/v0') as {
  readonly RecordBatch: (options: object) => Promise<{ readonly buffer: Buffer }>
}
const Decoder = require('kafkajs/src/protocol/decoder') as new (
  bytes: Buffer,
) => { readBytes(): Buffer; readInt64(): unknown }
const decodeBatch = require('kafkajs/src/protocol/recordBatch/v0/decoder') as (
  decoder: object,
) => Promise<{
  readonly producerId: string
  readonly producerEpoch: number
  readonly inTransaction: boolean
  readonly maxTimestamp: string
  readonly records: readonly {
    readonly offset: string
    readonly timestamp: string
    readonly key: Buffer | null
    readonly value: Buffer | null
    readonly headers: object
  }[]
}>

function options(
  records: readonly WritableRecord[],
  changed: Partial<RecordBatchOptions> = {},
): RecordBatchOptions {
  return {
    records,
    compression: 0,
    codec: undefined,
    nowMs: NOW_MS,
    producerId: 77n,
    producerEpoch: 3,
    firstSequence: 2 ** 31 - 1,
    isTransactional: false,
    ...changed,
  }
}

/** As kafkajs reads it out of a fetch; checks the checksum by the way. */
async function decoded(batch: Buffer): ReturnType<typeof decodeBatch> {
  const decoder = new Decoder(batch)
  return await decodeBatch(decoder)
}

test('a batch is, byte for byte, the one that kafkajs makes', async t => {
  await fc.assert(
    fc.asyncProperty(anyRecords, fc.boolean(), async (some, isTransactional) => {
      const records = some.map(record => ({ ...record, timestampMs: NOW_MS }))
      const ours = await encodeRecordBatch(options(records, { isTransactional }))
      const theirs = await RecordBatch({
        records: records.map(({ key, value, headers }, offsetDelta) =>
          kafkajsRecord({ key, value, headers, offsetDelta }),
        ),
        firstTimestamp: NOW_MS,
        maxTimestamp: NOW_MS,
        producerId: 77,
        producerEpoch: 3,
        firstSequence: 2 ** 31 - 1,
        lastOffsetDelta: records.length - 1,
        transactional: isTransactional,
      })
      t.deepEqual(ours, theirs.buffer)
    }),
  )
})

for (const [name, compression] of Object.entries(COMPRESSION_TYPES)) {
  test(`a batch with compression ${name} reads as what was written`, async t => {
    const codec = CODECS.get(compression)
    await fc.assert(
      fc.asyncProperty(anyRecords, async records => {
        const batch = await encodeRecordBatch(options(records, { compression, codec }))
        const read = await decoded(batch)
        t.is(read.records.length, records.length)
        for (const [index, { key, value, timestampMs = NOW_MS }] of records.entries()) {
          const one = read.records[index]!
          t.is(one.offset, String(index))
          t.is(one.timestamp, String(timestampMs))
          t.deepEqual(one.key, bytesOf(key))
          t.deepEqual(one.value, bytesOf(value))
        }
        const times = records.map(({ timestampMs = NOW_MS }) => timestampMs)
        t.is(read.maxTimestamp, String(Math.max(...times)))
      }),
      { numRuns: 30 },
    )
  })
}

test('batches that are packed at the same time do not share memory', async t => {
  const compression = COMPRESSION_TYPES.snappy
  const codec = CODECS.get(compression)
  const values = Array.from({ length: 20 }, (_, i) => Buffer.alloc(1000 * (i + 1), i))
  const batches = await Promise.all(
    values.map(value => encodeRecordBatch(options([{ key: null, value }], { compression, codec }))),
  )
  for (const [i, batch] of batches.entries()) {
    t.deepEqual((await decoded(batch)).records[0]!.value, values[i]!)
  }
})

test('a codec that fails fails the batch, and the next one is good', async t => {
  const codec = {
    compress: () => Promise.reject(new Error('out of order')),
    decompress: () => Promise.reject(new Error('not asked')),
  }
  const records = [{ key: null, value: 'x' }]
  await t.throwsAsync(encodeRecordBatch(options(records, { compression: 2, codec })), {
    message: 'out of order',
  })
  const good = await encodeRecordBatch(options(records, { compression: 2, codec: CODECS.get(2) }))
  t.is(String((await decoded(good)).records[0]!.value), 'x')
})

function bytesOf(value: WritableRecord['value']): Buffer | null {
  return value === null || value === undefined ? null : Buffer.from(value as Buffer)
}
