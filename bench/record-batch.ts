import { createRequire } from 'node:module'
import { CODECS, COMPRESSION_TYPES } from '../src/kafka/codecs.ts'
import '../src/kafka/kafkajs.ts'
import { readRecordBatch } from '../src/kafka/protocol/read-record-batch.ts'
import { encodeRecordBatch } from '../src/kafka/protocol/record-batch.ts'
import { readBatchHeader } from '../src/kafka/protocol/record-batch-header.ts'
import type { WritableRecord } from '../src/kafka/protocol/records.ts'
import { CORPUS, corpus } from './corpus.ts'
import type { Case } from './decode.ts'
import { plainRecords } from './plain-records.ts'

/*
 * Record batches of Kafka by kafkajs's own code and by ours: one large message, as Parsec and the
 * Collector write them, and many small ones, as everybody else does.
 */

const require = createRequire(import.meta.url)
const kafkajsRecord = require('kafkajs/src/protocol/recordBatch/record/v0') as (
  record: object,
) => object
const kafkajsBatch = require('kafkajs/src/protocol/recordBatch/v0') as {
  readonly RecordBatch: (options: object) => Promise<object>
}
const kafkajsDecode = require('kafkajs/src/protocol/recordBatch/v0/decoder') as (
  decoder: object,
) => Promise<object>
const Decoder = require('kafkajs/src/protocol/decoder') as new (bytes: Buffer) => object

const objects = JSON.parse(plainRecords(1000).toString()) as readonly unknown[]
const small = objects.map(object => ({ key: null, value: Buffer.from(JSON.stringify(object)) }))
const large = [{ key: null, value: corpus(CORPUS.logs1000) }]
const nowMs = 1_764_177_507_000
const compression = COMPRESSION_TYPES.snappy

async function encodeOurs(records: readonly WritableRecord[]): Promise<Buffer> {
  return await encodeRecordBatch({
    records,
    compression,
    codec: CODECS.get(compression),
    nowMs,
    producerId: 1n,
    producerEpoch: 0,
    firstSequence: 0,
    isTransactional: false,
  })
}

async function encodeTheirs(records: readonly WritableRecord[]): Promise<object> {
  return await kafkajsBatch.RecordBatch({
    compression,
    firstTimestamp: nowMs,
    maxTimestamp: nowMs,
    lastOffsetDelta: records.length - 1,
    records: records.map((record, offsetDelta) => kafkajsRecord({ ...record, offsetDelta })),
  })
}

async function decodeOurs(batch: Buffer): Promise<object> {
  return await readRecordBatch(batch, 0, readBatchHeader(batch, 0)!)
}

const batches = { small: await encodeOurs(small), large: await encodeOurs(large) }

export const recordBatchCases: readonly Case[] = [
  { name: 'record batch: encode 1,000 messages, kafkajs', run: () => encodeTheirs(small) },
  { name: 'record batch: encode 1,000 messages', run: () => encodeOurs(small) },
  { name: 'record batch: encode 1 large message, kafkajs', run: () => encodeTheirs(large) },
  { name: 'record batch: encode 1 large message', run: () => encodeOurs(large) },
  {
    name: 'record batch: read 1,000 messages, kafkajs',
    run: () => kafkajsDecode(new Decoder(batches.small)),
  },
  { name: 'record batch: read 1,000 messages', run: () => decodeOurs(batches.small) },
].map(({ name, run }) => ({ name, run, records: 1000 }))
