import assert from 'node:assert/strict'
import test from 'ava'
import fc from 'fast-check'
import type { LogBatch } from '../../src/batch/log-batch.ts'
import { type DecodedLogs, decodeLogs } from '../../src/otlp/decode-logs.ts'
import { decodeLogsParts } from '../../src/otlp/decode-logs-parts.ts'
import { encodeLogs } from '../../src/otlp/encode-logs.ts'
import { mergeLogs } from '../../src/otlp/merge-logs.ts'
import { RECORDS_MAX } from '../../src/otlp/survey-request.ts'
import { bodiesOf, sampleLogs } from '../../src/testing/sample-logs.ts'
import { logsRequest } from '../helpers/arbitrary-logs.ts'
import { mutated } from '../helpers/mutate.ts'
import { int, len, request } from '../helpers/wire.ts'

const context = { requestId: 'parts' }

/** What `decodeLogs` makes of a body: records and verdict, or why it is refused. */
function single(body: Buffer): DecodedLogs | Error {
  try {
    return decodeLogs(body, context)
  } catch (error) {
    return error as Error
  }
}

/** One batch of what was decoded each by itself. */
function merged(singles: readonly (DecodedLogs | Error)[]): LogBatch {
  const batches = singles.flatMap(one => (one instanceof Error ? [] : [one.batch]))
  const kept = batches.filter(({ count }) => count > 0)
  return kept.length === 1 ? kept[0]! : mergeLogs(kept, context)
}

function agrees(bodies: readonly Buffer[]): void {
  const singles = bodies.map(single)
  const { batch, parts, rejectedCount, rejectedReason } = decodeLogsParts(bodies, context)
  assert.deepStrictEqual(
    parts.map(({ error, count }) => error?.message ?? count),
    singles.map(one => (one instanceof Error ? one.message : one.batch.count)),
  )
  const decoded = singles.filter((one): one is DecodedLogs => !(one instanceof Error))
  assert.equal(
    rejectedCount,
    decoded.reduce((sum, one) => sum + one.rejectedCount, 0),
  )
  assert.equal(rejectedReason, decoded.find(one => one.rejectedCount > 0)?.rejectedReason ?? '')
  const expected = merged(singles)
  assert.deepStrictEqual(batch, expected)
  assert.deepStrictEqual(encodeLogs(batch), encodeLogs(expected))
}

const broken = mutated(logsRequest)
const cut = fc
  .tuple(logsRequest, fc.nat())
  .map(([bytes, at]) => bytes.subarray(0, at % (bytes.length + 1)))

test('the batch and every verdict are those of decoding each and merging', t => {
  const body = fc.oneof(
    { weight: 4, arbitrary: logsRequest },
    { weight: 1, arbitrary: broken },
    { weight: 1, arbitrary: cut },
    { weight: 1, arbitrary: fc.constant(Buffer.alloc(0)) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 20 }).map(bytes => Buffer.from(bytes)) },
  )
  const property = fc.property(fc.array(body, { maxLength: 6 }), agrees)
  t.notThrows(() => fc.assert(property, { numRuns: 1000 }))
})

test('good bodies become one batch, whose bytes are theirs one behind the other', t => {
  const bodies = [sampleLogs(['a', 'b']).bytes, sampleLogs(['c']).bytes]
  const { batch, rejectedReason } = decodeLogsParts(bodies, context)
  t.deepEqual(bodiesOf(batch), ['a', 'b', 'c'])
  t.deepEqual(batch.bytes, Buffer.concat(bodies))
  t.is(batch.context, context)
  t.true(batch.isUntouched)
  t.is(rejectedReason, '')
})

test('a body that is cut short takes nothing of the next one', t => {
  const whole = sampleLogs(['a']).bytes
  const next = sampleLogs(['b']).bytes
  for (let length = 1; length < whole.length; length++) {
    const { batch, parts } = decodeLogsParts([whole.subarray(0, length), next], context)
    t.deepEqual(bodiesOf(batch), ['b'])
    t.is(parts[0]!.count, 0)
    t.regex(parts[0]!.error?.message ?? '', / at byte \d+$/)
    t.is(parts[1]!.error, undefined)
  }
})

test('a record that cannot be read costs only itself, and is told as of its own body', t => {
  const good = sampleLogs(['a']).bytes
  const bad = request(len(3, 'first'), len(9, Buffer.alloc(15)))
  const { batch, parts, rejectedCount, rejectedReason } = decodeLogsParts(
    [good, bad, good],
    context,
  )
  t.is(batch.count, 3)
  t.deepEqual(
    parts.map(({ count }) => count),
    [1, 1, 1],
  )
  t.is(rejectedCount, 1)
  t.is(rejectedReason, decodeLogs(bad, context).rejectedReason)
  t.true(batch.isUntouched)
})

test('a broken resource costs its own body', t => {
  const bad = len(1, [len(1, int(1, 1)), len(2, len(2, []))])
  const good = sampleLogs(['a']).bytes
  const { batch, parts } = decodeLogsParts([bad, good, good], context)
  t.deepEqual(bodiesOf(batch), ['a', 'a'])
  t.is(parts[0]!.error?.message, 'resource.attributes: wire type is 0, must be 2 at byte 4')
})

test('a body with too many records costs only itself', t => {
  const records = Buffer.alloc(2 * RECORDS_MAX + 2, Buffer.of(0x12, 0))
  const { batch, parts } = decodeLogsParts(
    [len(1, len(2, records)), sampleLogs(['a']).bytes],
    context,
  )
  t.deepEqual(bodiesOf(batch), ['a'])
  t.is(parts[0]!.error?.name, 'TooManyRecordsError')
})

test('a single body is not copied', t => {
  const { bytes } = sampleLogs(['a'])
  t.is(decodeLogsParts([bytes], context).batch.bytes, bytes)
  t.is(decodeLogsParts([Buffer.of(0xff), bytes], context).batch.bytes, bytes)
})

test('no bodies, and bodies without records, are an empty batch', t => {
  const empty = len(1, [])
  const rejected = request(int(1, 1))
  for (const bodies of [[], [empty], [Buffer.of(0xff)], [empty, empty], [rejected, empty]]) {
    const { batch } = decodeLogsParts(bodies, context)
    t.is(batch.count, 0)
    t.is(encodeLogs(batch).length, 0)
  }
})
