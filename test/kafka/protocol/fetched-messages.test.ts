import { open } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import test from 'ava'
import fc from 'fast-check'
import { CODECS, COMPRESSION_TYPES } from '../../../src/kafka/codecs.ts'
import '../../../src/kafka/kafkajs.ts'
import { PartitionReader } from '../../../src/kafka/partition-reader.ts'
import { UNDECODABLE_HEADER } from '../../../src/kafka/protocol/fetched-message.ts'
import {
  type AnswerDecoder,
  fetchedMessages,
} from '../../../src/kafka/protocol/fetched-messages.ts'
import { encodeRecordBatch } from '../../../src/kafka/protocol/record-batch.ts'
import { kafkaClient, kafkaTest } from '../../helpers/kafka-broker.ts'
import { NOW_MS } from '../../helpers/kafka-records.ts'
import { sendValues } from '../../helpers/kafka-topic.ts'

const require = createRequire(import.meta.url)
const Decoder = require('kafkajs/src/protocol/decoder') as new (bytes: Buffer) => AnswerDecoder

/** One record a batch. The producer's id makes batches of different tests different. */
async function batch(
  baseOffset: number,
  value: string,
  producerId: number,
  packing: keyof typeof COMPRESSION_TYPES = 'none',
): Promise<Buffer> {
  const compression = COMPRESSION_TYPES[packing]
  const bytes = await encodeRecordBatch({
    records: [{ key: null, value }],
    compression,
    codec: CODECS.get(compression),
    nowMs: NOW_MS,
    producerId: BigInt(producerId),
    producerEpoch: 0,
    firstSequence: 0,
    isTransactional: false,
  })
  bytes.writeBigInt64BE(BigInt(baseOffset), 0)
  return bytes
}

async function answered(...parts: readonly Buffer[]): Promise<string[]> {
  const bytes = Buffer.concat(parts)
  const length = Buffer.alloc(4)
  length.writeInt32BE(bytes.length)
  const messages = await fetchedMessages(new Decoder(Buffer.concat([length, bytes])))
  return messages.map(
    ({ offset, value, headers }) => `${offset}:${String(value ?? headers[UNDECODABLE_HEADER])}`,
  )
}

test('the messages of all batches, without what the end has cut off', async t => {
  const batches = await Promise.all(['a', 'b', 'c'].map((value, i) => batch(5 + i, value, 1)))
  t.deepEqual(await answered(...batches), ['5:a', '6:b', '7:c'])
  const last = batches.pop()!
  for (let cut = 0; cut < last.length; cut++) {
    t.deepEqual(await answered(...batches, last.subarray(0, cut)), ['5:a', '6:b'])
  }
  t.deepEqual(await answered(), [])
})

test('more messages than fit on the stack', async t => {
  const one = await batch(0, 'x', 2)
  const all = Buffer.concat(Array.from({ length: 150_000 }, () => one))
  t.is((await answered(all)).length, 150_000)
})

const DAMAGED = 'the checksum of the record batch at offset 1 is wrong'

test('a batch whose checksum is wrong is asked for once more, and then set aside', async t => {
  const [good, bad, next] = [await batch(0, 'a', 3), await batch(1, 'b', 3), await batch(2, 'c', 3)]
  bad[bad.length - 2]! ^= 0xff
  t.deepEqual(await answered(good, bad, next), ['0:a'])
  // What follows comes with the next answer, which knows what was aborted.
  t.deepEqual(await answered(bad, next), [`1:${DAMAGED}`])
  // Whoever reads it later may find it mended.
  t.deepEqual(await answered(bad, next), [])
})

test('nothing that a damaged batch says of itself is believed', async t => {
  const next = await batch(5, 'c', 8)
  for (const [at, byte] of [
    [23, 0x20], // the last offset is far away
    [22, 0x20], // the end of a transaction
    [57, 0x7f], // more records than memory
  ] as const) {
    const bad = await batch(1, `b${at}`, 8)
    bad[at] = byte
    t.deepEqual(await answered(bad, next), [])
    // It ends where the next one begins.
    t.deepEqual(await answered(bad, next), [`4:${DAMAGED}`])
    t.deepEqual(await answered(bad), [])
    t.deepEqual(await answered(bad), [`1:${DAMAGED}`])
  }
})

test('a good read forgets the damage before it', async t => {
  const good = await batch(1, 'b', 9)
  const bad = Buffer.from(good)
  bad[bad.length - 2]! ^= 0xff
  t.deepEqual(await answered(bad), [])
  t.deepEqual(await answered(good), ['1:b'])
  t.deepEqual(await answered(bad), [])
})

test('of batches that unpack to very much, as many as are enough; the rest is asked for again', async t => {
  const zeros = '0'.repeat(6 * 1024 * 1024)
  const bombs = await Promise.all([1, 2, 3, 4, 5].map(offset => batch(offset, zeros, 10, 'gzip')))
  t.true(Buffer.concat(bombs).length < 100_000)
  const offsets = async (from: number): Promise<string[]> =>
    (await answered(...bombs.slice(from))).map(text => text.slice(0, 2))
  t.deepEqual(await offsets(0), ['1:', '2:', '3:'])
  t.deepEqual(await offsets(3), ['4:', '5:'])
})

test('a batch that was damaged on its way only is read the second time', async t => {
  const good = await batch(1, 'b', 4)
  const bad = Buffer.from(good)
  bad[bad.length - 2]! ^= 0xff
  t.deepEqual(await answered(bad), [])
  t.deepEqual(await answered(good), ['1:b'])
})

test('message sets of before Kafka 0.11 are read, and a batch behind one is asked for anew', async t => {
  const MessageSet = require('kafkajs/src/protocol/messageSet') as (set: object) => {
    buffer: Buffer
  }
  const set = MessageSet({
    messageVersion: 1,
    compression: 0,
    entries: [{ key: 'k', value: 'old', timestamp: NOW_MS }],
  })
  const bytes = Buffer.from(set.buffer)
  bytes.writeBigInt64BE(4n, 0)
  t.deepEqual(await answered(bytes), ['4:old'])
  const next = await batch(5, 'new', 5)
  t.deepEqual(await answered(bytes, next), ['4:old'])
  t.deepEqual(await answered(next, bytes), ['5:new'])
})

test('batches of a version to come are an error that says so', async t => {
  const bytes = await batch(0, 'a', 6)
  bytes[16] = 3
  await t.throwsAsync(answered(bytes), { message: 'record batches of version 3 are not known' })
})

test('any bytes are read or refused, and never hang', async t => {
  const good = await batch(0, 'abc', 7)
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 }))), async changes => {
      const bytes = Buffer.concat([good, good])
      for (const [at, byte] of changes) bytes[at % bytes.length] = byte
      try {
        t.true(Array.isArray(await answered(bytes)))
      } catch (error) {
        t.true(error instanceof Error)
      }
    }),
    { numRuns: 500 },
  )
})

kafkaTest('a byte that has changed on the disk of the broker is found', async (t, broker) => {
  const topic = await broker.createTopic()
  for (const value of ['first', 'damaged', 'last']) await sendValues(broker, topic, [value])
  const log = join(dirname(broker.caFile), 'data', `${topic}-0`, `${'0'.repeat(20)}.log`)
  const file = await open(log, 'r+')
  const at = (await file.readFile()).indexOf('damaged')
  t.true(at > 0)
  await file.write('D', at)
  await file.close()
  const reader = new PartitionReader({
    kafka: kafkaClient(broker.brokers),
    topic,
    partition: 0,
    metadataMaxAgeMs: 60_000,
    fetchBytesMax: 2 ** 20,
    fetchWaitMsMax: 100,
  })
  t.teardown(() => reader.close())
  const texts: string[] = []
  for (let offset = 0; offset < 3; ) {
    const { messages, next } = await reader.fetch(offset)
    texts.push(
      ...messages.map(({ value, headers }) => String(value ?? headers[UNDECODABLE_HEADER])),
    )
    offset = next
  }
  t.deepEqual(texts, ['first', DAMAGED, 'last'])
})
