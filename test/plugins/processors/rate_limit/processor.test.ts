import test from 'ava'
import { rateLimitProcessor } from '../../../../plugins/processors/rate_limit/index.ts'
import { RateLimitProcessor } from '../../../../plugins/processors/rate_limit/processor.ts'
import { ingestReceiver } from '../../../../plugins/receivers/ingest/index.ts'
import type { LogBatch } from '../../../../src/batch/log-batch.ts'
import { PipelineError } from '../../../../src/plugin/pipeline-error.ts'
import { processorContract } from '../../../../src/testing/contract.ts'
import { LogSink } from '../../../../src/testing/log-sink.ts'
import { ManualClock } from '../../../../src/testing/manual-clock.ts'
import { runPipeline } from '../../../../src/testing/run-pipeline.ts'
import { sampleLogs } from '../../../../src/testing/sample-logs.ts'
import { createTestContext } from '../../../../src/testing/test-context.ts'
import { ingest } from '../../../helpers/ingest.ts'
import { complaintsOf, configOf } from '../../../helpers/plugin-yaml.ts'

const { signal } = new AbortController()

for (const { title, check } of processorContract(rateLimitProcessor, {
  config: { records_per_second: 1000 },
})) {
  test(`contract: ${title}`, async t => {
    await t.notThrowsAsync(check())
  })
}

function setUp(yaml: string) {
  const clock = new ManualClock()
  const sink = new LogSink()
  const context = createTestContext('processor', 'rate_limit')
  const processor = new RateLimitProcessor(configOf(rateLimitProcessor, yaml), context, sink, clock)
  const send = (tenant: string, count: number) => processor.consume(batchOf(tenant, count), signal)
  return { clock, sink, context, processor, send }
}

function batchOf(tenant: string, count: number): LogBatch {
  return sampleLogs(Array(count).fill('x'), { identity: { subject: 's', tenant } })
}

test('a tenant over its limit is told when to come again; its neighbour does not notice', async t => {
  const { clock, sink, context, send } = setUp('{ records_per_second: 10, burst: 1s }')
  await send('a', 10)
  const error = await t.throwsAsync<PipelineError>(send('a', 5), {
    instanceOf: PipelineError,
    message: 'over the rate limit of auth.tenant "a"',
  })
  t.like(error, {
    code: 'resource_exhausted',
    retryable: true,
    retryAfterMs: 500,
    reason: 'rate_limited',
  })
  for (let i = 0; i < 10; i++) await send('b', 1)
  await clock.advance(500)
  await send('a', 5)
  t.is(sink.count, 25)
  const { values } = await context.metrics.rateLimitRecords.get()
  t.deepEqual(
    values.map(({ labels, value }) => [labels.key, labels.outcome, value]),
    [
      ['a', 'accepted', 15],
      ['a', 'refused', 5],
      ['b', 'accepted', 10],
    ],
  )
})

test('a key of a sender may have a limit of its own, in records or in bytes', async t => {
  const { sink, processor } = setUp(`
keys: [auth.subject]
records_per_second: 10
burst: 1s
limits:
  checkout: { records_per_second: 50 }
  batch-import: { bytes_per_second: 1MiB }
`)
  const send = (subject: string, count: number): Promise<void> => {
    const identity = { subject, tenant: 'shop', scopes: new Set<string>() }
    return processor.consume(sampleLogs(Array(count).fill('x'), { identity }), signal)
  }
  const refused = (key: string) => ({ message: `over the rate limit of auth.subject "${key}"` })
  await send('other', 10)
  await t.throwsAsync(send('other', 1), refused('other'))
  await send('checkout', 50)
  await t.throwsAsync(send('checkout', 1), refused('checkout'))
  for (let i = 0; i < 3; i++) await send('batch-import', 1000)
  t.is(sink.count, 3060)
})

test('refusals are logged once in a while', async t => {
  const { context, processor, send } = setUp('{ records_per_second: 1, burst: 1s }')
  await send('a', 1)
  for (let i = 0; i < 5; i++) await t.throwsAsync(send('a', 1))
  t.is(context.lines.length, 1)
  await processor.stop()
  t.like(context.lines[1], { repeated: 4 })
})

test('over HTTP it is 429 with the wait, for the tenant of a header', async t => {
  const yaml = `
receivers: { ingest: { endpoint: "127.0.0.1:0", include_metadata: true } }
processors: { rate_limit: { keys: [metadata.x-tenant], records_per_second: 0.01, burst: 100s } }
`
  const run = await runPipeline(t, yaml, [ingestReceiver, rateLimitProcessor])
  const origin = new URL(run.pipelines.endpoints()[0]!.endpoints[0]!).origin
  const send = (tenant: string) =>
    ingest(origin, { headers: { 'x-tenant': tenant }, body: '{"message":"hi"}' })
  t.is((await send('a')).status, 200)
  const refused = await send('a')
  t.is(refused.status, 429)
  t.true(Number(refused.headers.get('retry-after')) > 90)
  t.regex(refused.text, /over the rate limit of metadata.x-tenant \\"a\\"/)
  t.is((await send('b')).status, 200)
})

for (const [yaml, complaint] of [
  ['{}', /^records_per_second: set records_per_second, bytes_per_second or limits$/],
  ['{ records_per_second: 0 }', /^records_per_second/],
  ['{ records_per_second: 1, keys: [tenant] }', /^keys.0: must be auth.NAME/],
  ['{ records_per_second: 1, keys: [] }', /^keys/],
  ['{ records_per_second: 1, burst: 0s }', /^burst: must be at least 1ms$/],
] as const) {
  test(`refused: ${yaml}`, t => {
    t.regex(complaintsOf(rateLimitProcessor, yaml).join('\n'), complaint)
  })
}
