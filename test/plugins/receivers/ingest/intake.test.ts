import test from 'ava'
import { Intake } from '../../../../plugins/receivers/ingest/intake.ts'
import { PipelineError } from '../../../../src/plugin/pipeline-error.ts'
import { LogSink } from '../../../../src/testing/log-sink.ts'
import { createTestContext } from '../../../../src/testing/test-context.ts'

const context = { requestId: 'r1', clientAddress: '10.0.0.1:5' }
const { signal } = new AbortController()

function setUp() {
  const sink = new LogSink()
  const plugin = createTestContext('receiver', 'ingest')
  const options = { recordsMax: 10, attributesMax: 8, severityNumbers: 'otel' as const }
  const intake = new Intake(options, plugin, sink)
  const count = async (name: 'receiverAccepted' | 'receiverRefused' | 'receiverFailed') =>
    (await plugin.metrics[name].get()).values.reduce((sum, { value }) => sum + value, 0)
  const take = (body: string) => intake.take(Buffer.from(body), 'json', context, signal)
  return { sink, plugin, take, count }
}

test('records are passed on with their context, counted and acknowledged', async t => {
  const { sink, take, count } = setUp()
  const { status } = await take('[{"message":"a"},{"message":"b"}]')
  t.is(status, 200)
  t.deepEqual(sink.bodies, ['a', 'b'])
  t.is(sink.batches[0]?.context, context)
  t.is(await count('receiverAccepted'), 2)
})

test('the answer waits for the next stage', async t => {
  const { sink, take } = setUp()
  let release = (): void => undefined
  sink.before = () => new Promise(resolve => (release = resolve))
  let answered = false
  const answer = take('{"message":"a"}').then(({ status }) => {
    answered = true
    return status
  })
  await new Promise(resolve => setImmediate(resolve))
  t.false(answered)
  release()
  t.is(await answer, 200)
})

test('a record without a time has that of receipt', async t => {
  const { sink, take } = setUp()
  const before = BigInt(Date.now()) * 1_000_000n
  await take('{"message":"a"}')
  const time = sink.batches[0]!.cursor().seek(0).timeUnixNano()
  t.true(time >= before && time <= BigInt(Date.now()) * 1_000_000n)
})

test('wrong records are counted, and logged without their values', async t => {
  const { sink, plugin, take, count } = setUp()
  const { status } = await take('[{"message":"a"},{"message":"b","level":"pa$$word"}]')
  t.is(status, 207)
  t.deepEqual(sink.bodies, ['a'])
  t.is(await count('receiverAccepted'), 1)
  t.is(await count('receiverFailed'), 1)
  const [line] = plugin.lines
  t.is(line?.['request_id'], 'r1')
  t.is(line?.['count'], 1)
  t.false(JSON.stringify(plugin.lines).includes('pa$$word'))
})

test('nothing is passed on when no record is valid', async t => {
  const { sink, take, count } = setUp()
  t.is((await take('{}')).status, 400)
  t.is(sink.batches.length, 0)
  t.is(await count('receiverFailed'), 1)
})

test('a body that is no JSON is refused, counted once and logged', async t => {
  const { plugin, take, count } = setUp()
  const error = await t.throwsAsync<PipelineError>(take('{'), { instanceOf: PipelineError })
  t.is(error?.code, 'invalid_argument')
  t.is(await count('receiverFailed'), 1)
  t.regex(String(plugin.lines[0]?.['reason']), /^not JSON/)
})

test('a refusal of a later stage is passed on and counted for every good record', async t => {
  const { sink, take, count } = setUp()
  const full = PipelineError.retryable('full', { code: 'resource_exhausted' })
  sink.before = () => Promise.reject(full)
  t.is(await t.throwsAsync(take('[{"message":"a"},{"message":"b"},{}]')), full)
  t.is(await count('receiverRefused'), 2)
  t.is(await count('receiverFailed'), 1)
  t.is(await count('receiverAccepted'), 0)
})
