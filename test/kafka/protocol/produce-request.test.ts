import { createRequire } from 'node:module'
import test from 'ava'
import fc from 'fast-check'
import { COMPRESSION_TYPES } from '../../../src/kafka/codecs.ts'
import { type ProduceRequest, produceRequest } from '../../../src/kafka/protocol/produce-request.ts'
import { anyRecords, NOW_MS } from '../../helpers/kafka-records.ts'

const require = createRequire(import.meta.url)
/** kafkajs's own: nothing here has replaced it. */
const theirRequest = require('kafkajs/src/protocol/requests/produce/v3/request') as (
  request: ProduceRequest,
) => {
  readonly apiKey: number
  readonly apiVersion: number
  readonly apiName: string
  expectResponse(): boolean
  encode(): Promise<{ readonly buffer: Buffer }>
}

async function encoded(request: ProduceRequest): Promise<Buffer> {
  const body = await produceRequest(request).encode()
  return 'chunks' in body ? Buffer.concat(body.chunks) : body.buffer
}

const anyRequest: fc.Arbitrary<ProduceRequest> = fc.record({
  acks: fc.constantFrom(-1, 0, 1),
  timeout: fc.nat(),
  transactionalId: fc.option(fc.string(), { nil: null }),
  producerId: fc.bigInt({ min: -1n, max: 2n ** 62n }),
  producerEpoch: fc.integer({ min: -1, max: 32767 }),
  topicData: fc.array(
    fc.record({
      topic: fc.string(),
      partitions: fc.array(
        fc.record({
          partition: fc.nat(),
          firstSequence: fc.nat(),
          messages: anyRecords.map(records =>
            // The first time is the least, since kafkajs counts from the least and we from the first.
            records.map(({ key, value, headers }, i) => ({
              key,
              value,
              headers,
              timestamp: String(NOW_MS + i),
            })),
          ),
        }),
        { maxLength: 3 },
      ),
    }),
    { maxLength: 3 },
  ),
})

test('a request is, byte for byte, the one that kafkajs makes', async t => {
  await fc.assert(
    fc.asyncProperty(anyRequest, async request => {
      t.deepEqual(await encoded(request), (await theirRequest(request).encode()).buffer)
    }),
    { numRuns: 50 },
  )
})

test('it says of itself what kafkajs says', t => {
  for (const acks of [-1, 0, 1]) {
    const request = { acks, timeout: 1, topicData: [] }
    const ours = produceRequest(request)
    const theirs = theirRequest(request)
    t.is(ours.apiKey, theirs.apiKey)
    t.is(ours.apiVersion, theirs.apiVersion)
    t.is(ours.apiName, theirs.apiName)
    t.is(ours.expectResponse(), theirs.expectResponse())
  }
})

test('without a time a message is of now', async t => {
  const before = Date.now()
  const topicData = [
    { topic: 't', partitions: [{ partition: 0, messages: [{ key: null, value: 'v' }] }] },
  ]
  const body = await encoded({ acks: -1, timeout: 1, topicData })
  const baseMs = Number(body.readBigInt64BE(body.length - batchBytes(1) + 27))
  t.true(baseMs >= before && baseMs <= Date.now())
})

test('a compression that nobody knows is an error, not a batch that nobody can read', async t => {
  const topicData = [
    { topic: 't', partitions: [{ partition: 0, messages: [{ key: null, value: 'v' }] }] },
  ]
  const request = { acks: -1, timeout: 1, topicData, compression: 7 }
  await t.throwsAsync(encoded(request), { message: 'no compression 7' })
  t.truthy(await encoded({ ...request, compression: COMPRESSION_TYPES.lz4 }))
})

/** A batch of one record without key and headers, with a value of so many bytes. */
function batchBytes(valueBytes: number): number {
  return 61 + 7 + valueBytes
}
