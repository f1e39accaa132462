import { gzipSync } from 'node:zlib'
import test from 'ava'
import { ingestReceiver } from '../../../../plugins/receivers/ingest/index.ts'
import { PipelineError } from '../../../../src/plugin/pipeline-error.ts'
import { runPipeline } from '../../../../src/testing/run-pipeline.ts'
import { ingest, startIngest } from '../../../helpers/ingest.ts'

test('from YAML to the sink', async t => {
  const run = await runPipeline(t, 'receivers: { ingest: { endpoint: "127.0.0.1:0" } }', [
    ingestReceiver,
  ])
  const [{ label, endpoints }] = run.pipelines.endpoints() as [
    ReturnType<typeof run.pipelines.endpoints>[0],
  ]
  t.is(label, 'receiver ingest')
  const { origin } = new URL(endpoints[0]!)
  const { status } = await ingest(origin, { body: '{"message":"hello"}' })
  t.is(status, 200)
  t.deepEqual(run.sink().bodies, ['hello'])
})

for (const [what, type, body] of [
  ['an object', 'application/json', '{"message":"a"}'],
  ['an array', 'application/json; charset=utf-8', '[{"message":"a"}]'],
  ['NDJSON', 'application/x-ndjson', '{"message":"a"}\n'],
  ['JSON lines', 'application/jsonl', '{"message":"a"}\n'],
  ['JSON lines by another name', 'application/x-jsonlines', '{"message":"a"}\n'],
] as const) {
  for (const encoding of ['identity', 'gzip']) {
    test(`${what} is taken, ${encoding}`, async t => {
      const { origin, sink } = await startIngest(t)
      const headers = { 'content-encoding': encoding }
      const sent = encoding === 'gzip' ? gzipSync(body) : body
      const answer = await ingest(origin, { type, headers, body: sent })
      t.is(answer.status, 200)
      t.is(answer.headers.get('content-type'), 'application/json')
      t.deepEqual(sink.bodies, ['a'])
    })
  }
}

test("the sender's request id comes back in header and body, and goes with the batch", async t => {
  const { origin, sink } = await startIngest(t)
  const headers = { 'x-request-id': 'my-id' }
  const answer = await ingest(origin, { headers, body: '{"message":"a"}' })
  t.is(answer.headers.get('x-request-id'), 'my-id')
  t.is(answer.text, '{"request_id":"my-id","accepted":1,"rejected":0}\n')
  t.is(sink.batches[0]?.context.requestId, 'my-id')
})

test('a request id is made when there is none, for errors of every kind too', async t => {
  const { origin, sink } = await startIngest(t)
  const requests = [
    { body: '{"message":"a"}' },
    { body: '{}' },
    { body: '{' },
    { method: 'GET' },
    { path: '/nowhere', body: '{}' },
    { type: 'text/plain', body: 'x' },
  ]
  const ids = new Set<string>()
  for (const request of requests) {
    const answer = await ingest(origin, request)
    const { request_id: id } = JSON.parse(answer.text) as { request_id: string }
    t.is(answer.headers.get('x-request-id'), id)
    t.regex(id, /^[0-9a-f]{12}-[0-9a-z]+$/)
    ids.add(id)
  }
  t.is(ids.size, requests.length)
  t.true(ids.has(sink.batches[0]!.context.requestId))
})

for (const [error, status, retryAfter, text] of [
  [
    PipelineError.retryable('full', { code: 'resource_exhausted', retryAfterMs: 2100 }),
    ...([429, '3', '"too_many_requests","message":"full"'] as const),
  ],
  [PipelineError.retryable('down'), 503, null, '"unavailable","message":"down"'],
  [PipelineError.permanent('no'), 400, null, '"invalid_request","message":"no"'],
  [
    PipelineError.permanent('no', { code: 'unauthenticated' }),
    401,
    null,
    '"unauthenticated","message":"no"',
  ],
  [
    PipelineError.permanent('no', { code: 'permission_denied' }),
    403,
    null,
    '"forbidden","message":"no"',
  ],
  [
    new TypeError('x.y is not a function'),
    503,
    null,
    '"unavailable","message":"internal error, see the log"',
  ],
] as const) {
  test(`${String(error)} of a later stage is answered with ${status}`, async t => {
    const { origin, sink } = await startIngest(t)
    sink.before = () => Promise.reject(error)
    const headers = { 'x-request-id': 'r' }
    const answer = await ingest(origin, { headers, body: '{"message":"a"}' })
    t.is(answer.status, status)
    t.is(answer.headers.get('retry-after'), retryAfter)
    t.is(answer.text, `{"request_id":"r","error":{"code":${text}}}\n`)
  })
}

test('headers go with the batch only with include_metadata', async t => {
  for (const include_metadata of [true, false]) {
    const { origin, sink } = await startIngest(t, { include_metadata })
    await ingest(origin, { headers: { 'x-tenant': 'a' }, body: '{"message":"a"}' })
    const { context } = sink.batches[0]!
    t.deepEqual(context.metadata?.get('x-tenant'), include_metadata ? ['a'] : undefined)
    t.regex(context.clientAddress ?? '', /^127\.0\.0\.1:\d+$/)
  }
})

test('path, limits and severity numbers are those of the config', async t => {
  const keys = { path: 'logs', max_records: 1, severity_numbers: 'pino' }
  const { origin, sink } = await startIngest(t, keys)
  const one = await ingest(origin, { path: '/logs', body: '{"message":"a","level":30}' })
  t.is(one.status, 200)
  t.is(sink.batches[0]!.cursor().seek(0).severityNumber(), 9)
  t.is((await ingest(origin, { path: '/logs', body: '[{},{}]' })).status, 413)
  t.is((await ingest(origin, { body: '{}' })).status, 404)
})

test('starts and stops, also without a start', async t => {
  const { receiver } = await startIngest(t)
  await receiver.stop(AbortSignal.timeout(1000))
  t.pass()
})
