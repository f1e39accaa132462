import test from 'ava'
import { ingestReceiverConfig } from '../../../../plugins/receivers/ingest/config.ts'
import { openApiDocument } from '../../../../plugins/receivers/ingest/openapi.ts'
import { PipelineError } from '../../../../src/plugin/pipeline-error.ts'
import { type IngestRequest, ingest, startIngest } from '../../../helpers/ingest.ts'
import { OpenApi } from '../../../helpers/openapi.ts'

test('the document is served, as it is made', async t => {
  const { origin } = await startIngest(t)
  const { status, headers, text } = await ingest(origin, { method: 'GET', path: '/openapi.json' })
  t.is(status, 200)
  t.is(headers.get('content-type'), 'application/json')
  const document = JSON.parse(text) as Record<string, unknown>
  const config = ingestReceiverConfig.parse({})
  t.deepEqual(document, JSON.parse(JSON.stringify(openApiDocument(config))))
  t.is(document['openapi'], '3.1.0')
})

test('every reference in the document leads somewhere', t => {
  const api = new OpenApi(openApiDocument(ingestReceiverConfig.parse({})))
  t.true(api.references().length > 10)
  for (const reference of api.references()) t.truthy(api.resolve(reference), reference)
})

test('paths and limits are those of the config', t => {
  const config = ingestReceiverConfig.parse({ path: '/logs', openapi_path: '/api', max_records: 7 })
  const document = openApiDocument(config) as { paths: Record<string, unknown> }
  t.deepEqual(Object.keys(document.paths), ['/logs', '/api'])
  t.regex(JSON.stringify(document), /At most 7 records/)
  t.regex(JSON.stringify(document), /"maxItems":7/)
})

const requests: readonly (readonly [
  status: number,
  request: IngestRequest,
  refusal?: PipelineError,
])[] = [
  [200, { body: '{"message":"a"}' }],
  [207, { body: '[{"message":"a"},{}]' }],
  [400, { body: '{}' }],
  [400, { body: '{' }],
  [405, { method: 'GET' }],
  [413, { body: 'x'.repeat(2000) }],
  [415, { type: 'text/plain', body: '{}' }],
  [
    429,
    { body: '{"message":"a"}' },
    PipelineError.retryable('full', { code: 'resource_exhausted' }),
  ],
  [500, { body: '{"message":"a"}' }, PipelineError.permanent('no', { code: 'internal' })],
  [503, { body: '{"message":"a"}' }, PipelineError.retryable('down', { retryAfterMs: 5 })],
]
for (const [status, request, refusal] of requests) {
  test(`an answer ${status} is as the document says: ${JSON.stringify(request).slice(0, 60)}`, async t => {
    const keys = { max_request_body_size: 1000 }
    const { origin, sink } = await startIngest(t, keys)
    if (refusal !== undefined) sink.before = () => Promise.reject(refusal)
    const answer = await ingest(origin, request)
    t.is(answer.status, status)
    const document = await ingest(origin, { method: 'GET', path: '/openapi.json' })
    const api = new OpenApi(JSON.parse(document.text) as object)
    const path = request.path ?? '/ingest'
    t.deepEqual(api.complaints(path, 'post', answer), [])
  })
}
