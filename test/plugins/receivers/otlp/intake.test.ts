import test from 'ava'
import { Intake } from '../../../../plugins/receivers/otlp/intake.ts'
import { buildLogsRequest } from '../../../../src/otlp/build-logs.ts'
import { decodeExportResponse } from '../../../../src/otlp/export-response.ts'
import { PipelineError } from '../../../../src/plugin/pipeline-error.ts'
import { LogSink } from '../../../../src/testing/log-sink.ts'
import { createTestContext } from '../../../../src/testing/test-context.ts'

const context = { requestId: 'r1', clientAddress: '10.0.0.1:5' }
const { signal } = new AbortController()
const good = buildLogsRequest([{ records: [{ body: 'a' }, { body: 'b' }] }])
/** A record whose body claims to be longer than the record. */
const badRecord = Buffer.from([0x12, 0x03, 0x2a, 0x7f, 0x00])
const envelope = (scope: Buffer): Buffer => {
  const resource = Buffer.concat([Buffer.from([0x12, scope.length]), scope])
  return Buffer.concat([Buffer.from([0x0a, resource.length]), resource])
}

function setUp() {
  const sink = new LogSink()
  const plugin = createTestContext('receiver', 'otlp')
  const intake = new Intake(plugin, sink, 'http')
  const count = async (name: 'receiverAccepted' | 'receiverRefused' | 'receiverFailed') =>
    (await plugin.metrics[name].get()).values.reduce((sum, { value }) => sum + value, 0)
  return { sink, plugin, intake, count }
}

test('records are passed on, counted, and answered with nothing', async t => {
  const { sink, intake, count } = setUp()
  const response = await intake.take(good, 'protobuf', context, signal)
  t.is(response.length, 0)
  t.deepEqual(sink.bodies, ['a', 'b'])
  t.is(await count('receiverAccepted'), 2)
  t.is((await intake.take(Buffer.from('{}'), 'json', context, signal)).toString(), '{}')
})

test('an empty request is a success that nobody hears of', async t => {
  const { sink, intake } = setUp()
  t.is((await intake.take(Buffer.alloc(0), 'protobuf', context, signal)).length, 0)
  t.is(sink.batches.length, 0)
})

test('bad records are told and counted, the good ones are passed on', async t => {
  const { sink, intake, count, plugin } = setUp()
  const mixed = Buffer.concat([good, envelope(badRecord)])
  const response = await intake.take(mixed, 'protobuf', context, signal)
  const partial = decodeExportResponse('protobuf', response)
  t.is(partial?.rejectedCount, 1)
  t.regex(partial?.message ?? '', /^1 of 3 log records were rejected, .*byte \d+/)
  t.deepEqual(sink.bodies, ['a', 'b'])
  t.is(await count('receiverFailed'), 1)
  t.like(plugin.lines[0], { count: 1, client: '10.0.0.1:5', request_id: 'r1' })
})

test('all records bad is still a partial success', async t => {
  const { sink, intake } = setUp()
  const response = await intake.take(envelope(badRecord), 'protobuf', context, signal)
  t.is(decodeExportResponse('protobuf', response)?.rejectedCount, 1)
  t.is(sink.batches.length, 0)
})

test('what cannot be read is refused for good, with the cause', async t => {
  const { intake, count } = setUp()
  for (const [body, encoding] of [
    [Buffer.from([0x0a, 0x7f]), 'protobuf'],
    [Buffer.from('{"resourceLogs":'), 'json'],
  ] as const) {
    const error = await t.throwsAsync(intake.take(body, encoding, context, signal), {
      instanceOf: PipelineError,
    })
    t.like(error, { code: 'invalid_argument', retryable: false })
    t.truthy(error?.cause)
  }
  t.is(await count('receiverFailed'), 2)
})

test('too many records are resource_exhausted, for good', async t => {
  const { intake } = setUp()
  const record = Buffer.alloc(2 * 1_000_001)
  for (let at = 0; at < record.length; at += 2) record[at] = 0x12
  const length = (size: number): Buffer =>
    Buffer.from([(size & 0x7f) | 0x80, ((size >> 7) & 0x7f) | 0x80, size >> 14])
  const scope = Buffer.concat([Buffer.from([0x12]), length(record.length), record])
  const body = Buffer.concat([Buffer.from([0x0a]), length(scope.length), scope])
  const error = await t.throwsAsync(intake.take(body, 'protobuf', context, signal))
  t.like(error, { code: 'resource_exhausted', retryable: false })
})

test('a refusal by the next stage is counted and passed back', async t => {
  const { sink, intake, count } = setUp()
  sink.before = () => Promise.reject(PipelineError.retryable('full', { retryAfterMs: 5 }))
  const error = await t.throwsAsync(intake.take(good, 'protobuf', context, signal))
  t.like(error, { message: 'full', retryable: true, retryAfterMs: 5 })
  t.is(await count('receiverRefused'), 2)
  t.is(await count('receiverAccepted'), 0)
})

test('records that the destination refused are a partial success, the rest is accepted', async t => {
  const { sink, intake, count } = setUp()
  sink.before = () =>
    Promise.reject(PipelineError.permanent('1 of 2: too old', { rejected: { count: 1 } }))
  const response = await intake.take(good, 'protobuf', context, signal)
  t.deepEqual(decodeExportResponse('protobuf', response), {
    rejectedCount: 1,
    message: '1 of 2: too old',
  })
  t.is(await count('receiverAccepted'), 1)
  t.is(await count('receiverRefused'), 1)
})

test('unreadable and refused records are told together', async t => {
  const { sink, intake } = setUp()
  sink.before = () => Promise.reject(PipelineError.permanent('refused', { rejected: { count: 9 } }))
  const mixed = Buffer.concat([good, envelope(badRecord)])
  const response = await intake.take(mixed, 'protobuf', context, signal)
  const partial = decodeExportResponse('protobuf', response)
  t.is(partial?.rejectedCount, 3)
  t.regex(partial?.message ?? '', /^1 of 3 log records were rejected, .*; refused$/)
})
