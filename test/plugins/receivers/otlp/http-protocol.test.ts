import { gzipSync } from 'node:zlib'
import test from 'ava'
import { CONTENT_ENCODINGS } from '../../../../src/net/decompress.ts'
import { buildLogsRequest } from '../../../../src/otlp/build-logs.ts'
import { decodeRpcStatus } from '../../../../src/otlp/rpc-status.ts'
import { PipelineError } from '../../../../src/plugin/pipeline-error.ts'
import { counted, post, startReceiver } from '../../../helpers/otlp-receiver.ts'

const PROTOBUF = 'application/x-protobuf'
const JSON_TYPE = 'application/json'
const good = buildLogsRequest([{ records: [{ body: 'hello' }] }])
const goodJson =
  '{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"stringValue":"hello"}}]}]}]}'

for (const [type, body, gzip, answer] of [
  [PROTOBUF, good, false, ''],
  [PROTOBUF, good, true, ''],
  [JSON_TYPE, goodJson, false, '{}'],
  [`${JSON_TYPE}; charset=utf-8`, goodJson, true, '{}'],
  [PROTOBUF, '', false, ''],
  [JSON_TYPE, '{}', false, '{}'],
] as const) {
  test(`${type}${gzip ? ' in gzip' : ''} of ${body.length} bytes is 200 and an empty response`, async t => {
    const receiver = await startReceiver(t, { http: {} })
    const packed = gzip ? gzipSync(body) : Buffer.from(body)
    const headers = gzip ? { 'content-encoding': 'gzip' } : {}
    const response = await post(receiver, type, packed, { headers })
    t.is(response.status, 200)
    t.is(response.headers.get('content-type'), type.split(';')[0]!)
    t.is(response.body.toString(), answer)
    const expected = body.length > 2 ? ['hello'] : []
    t.deepEqual(receiver.sink.bodies, expected)
    t.is(await counted(receiver, 'receiverAccepted', 'http'), expected.length)
  })
}

/** A wrong request and the whole answer to it. */
const wrong = test.macro(
  async (
    t,
    request: Parameters<typeof post>[3] & { type: string; body: Buffer | string },
    status: number,
    code: number,
    message: string,
  ) => {
    const receiver = await startReceiver(t, { http: { max_request_body_size: 100_000 } })
    const response = await post(receiver, request.type, request.body, request)
    t.is(response.status, status)
    const isProtobuf = request.type === PROTOBUF
    t.is(response.headers.get('content-type'), isProtobuf ? PROTOBUF : JSON_TYPE)
    const { details: _, ...said } = isProtobuf
      ? (({ violation, ...rest }) => ({ ...rest, details: violation }))(
          decodeRpcStatus(response.body),
        )
      : (JSON.parse(response.body.toString()) as { details?: unknown })
    t.deepEqual<object, object>(said, { code, message })
    t.is(receiver.sink.batches.length, 0)
    t.is((await post(receiver, PROTOBUF, good)).status, 200)
  },
)
const cut = Buffer.from([0x0a, 0x7f])
const CUT = 'resource_logs: length 127 runs 127 bytes past the end at byte 1'
test('cut short, in protobuf', wrong, { type: PROTOBUF, body: cut }, 400, 3, CUT)
const cutJson = { type: JSON_TYPE, body: '{"resourceLogs":[' }
const CUT_JSON = 'not JSON: text ends where a value must come (line 1 column 18) at byte 17'
test('cut short, in JSON', wrong, cutJson, 400, 3, CUT_JSON)
const METHOD = 'method GET is not allowed at /v1/logs, only POST'
test('GET', wrong, { type: PROTOBUF, body: '', method: 'GET' }, 405, 12, METHOD)
const TYPE = `content-type "text/plain" is not supported, only ${PROTOBUF}, ${JSON_TYPE}`
test('a wrong content type', wrong, { type: 'text/plain', body: 'x' }, 415, 3, TYPE)
const NOWHERE = 'nothing is served at /v1/log'
test('a wrong path', wrong, { type: PROTOBUF, body: good, path: '/v1/log' }, 404, 5, NOWHERE)
const ONLY = 'only logs are received by this endpoint yet'
test('traces', wrong, { type: PROTOBUF, body: '', path: '/v1/traces' }, 404, 12, ONLY)
test('metrics', wrong, { type: JSON_TYPE, body: '{}', path: '/v1/metrics' }, 404, 12, ONLY)
const large = { type: PROTOBUF, body: Buffer.alloc(100_001) }
const LARGE = 'request body is 100001 bytes, the limit is 100000 bytes'
test('a body over the limit', wrong, large, 413, 8, LARGE)
const gzip = { 'content-encoding': 'gzip' }
const bomb = { type: JSON_TYPE, body: gzipSync(Buffer.alloc(2_000_000)), headers: gzip }
const BOMB = 'request body is over 100000 bytes after gzip, the limit is 100000 bytes'
test('a gzip bomb', wrong, bomb, 413, 8, BOMB)
const br = { type: JSON_TYPE, body: 'x', headers: { 'content-encoding': 'br' } }
const BR = `content-encoding "br" is not supported, only ${CONTENT_ENCODINGS.join(', ')}`
test('an unknown encoding', wrong, br, 415, 3, BR)

test('65 MiB are refused by the defaults', async t => {
  const receiver = await startReceiver(t, { http: {} })
  const mib = 1024 ** 2
  t.is((await post(receiver, PROTOBUF, Buffer.alloc(65 * mib))).status, 413)
})

test('an undecodable request names field and offset in a BadRequest', async t => {
  const receiver = await startReceiver(t, { http: {} })
  const { violation } = decodeRpcStatus((await post(receiver, PROTOBUF, cut)).body)
  t.deepEqual(violation, {
    field: 'resource_logs',
    description: 'length 127 runs 127 bytes past the end at byte 1',
  })
  const json = (await post(receiver, JSON_TYPE, '{"resourceLogs":7}')).body.toString()
  t.regex(json, /BadRequest","fieldViolations":\[\{"field":"resourceLogs","description":/)
})

test('a partial success is 200 and says what was wrong', async t => {
  const receiver = await startReceiver(t, { http: {} })
  const records = '[{"body":{"stringValue":"hello"}},{"traceId":"zz"}]'
  const body = `{"resourceLogs":[{"scopeLogs":[{"logRecords":${records}}]}]}`
  const response = await post(receiver, JSON_TYPE, body)
  t.is(response.status, 200)
  const { partialSuccess } = JSON.parse(response.body.toString()) as {
    partialSuccess: { rejectedLogRecords: string; errorMessage: string }
  }
  t.is(partialSuccess.rejectedLogRecords, '1')
  t.regex(partialSuccess.errorMessage, /traceId/)
  t.deepEqual(receiver.sink.bodies, ['hello'])
})

for (const [error, status, retryAfter] of [
  [PipelineError.retryable('no', { code: 'resource_exhausted' }), 429, '1'],
  [PipelineError.retryable('no', { retryAfterMs: 2100 }), 503, '3'],
  [PipelineError.retryable('no'), 503, null],
  [PipelineError.permanent('no'), 400, null],
  [PipelineError.permanent('no', { code: 'internal' }), 500, null],
] as const) {
  test(`${error.code} (${error.retryable}, ${error.retryAfterMs}) is ${status}`, async t => {
    const receiver = await startReceiver(t, { http: {} })
    receiver.sink.before = () => Promise.reject(error)
    const response = await post(receiver, PROTOBUF, good)
    t.is(response.status, status)
    t.is(response.headers.get('retry-after'), retryAfter)
    t.is(decodeRpcStatus(response.body).message, 'no')
    t.is(await counted(receiver, 'receiverRefused', 'http'), 1)
  })
}

test('headers go with the batch only with include_metadata', async t => {
  const headers = { 'x-tenant': 'a', 'x-request-id': 'my-id' }
  for (const include_metadata of [true, false]) {
    const receiver = await startReceiver(t, { http: { include_metadata } })
    await post(receiver, PROTOBUF, good, { headers })
    const { context } = receiver.sink.batches[0]!
    t.is(context.requestId, 'my-id')
    t.regex(context.clientAddress ?? '', /^127\.0\.0\.1:\d+$/)
    t.deepEqual(context.metadata?.get('x-tenant'), include_metadata ? ['a'] : undefined)
  }
})

test('the path can be changed', async t => {
  const receiver = await startReceiver(t, { http: { logs_url_path: 'ingest/logs' } })
  t.is((await post(receiver, PROTOBUF, good, { path: '/ingest/logs' })).status, 200)
  t.is((await post(receiver, PROTOBUF, good)).status, 404)
})
