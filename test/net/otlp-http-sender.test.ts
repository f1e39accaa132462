import zlib from 'node:zlib'
import test, { type ExecutionContext } from 'ava'
import { z } from 'zod'
import { httpClientFields } from '../../src/net/client-config.ts'
import { OtlpHttpSender } from '../../src/net/otlp-http-sender.ts'
import { encodeExportResponse, type OtlpEncoding } from '../../src/otlp/export-response.ts'
import { encodeRpcStatus } from '../../src/otlp/rpc-status.ts'
import { PipelineError } from '../../src/plugin/pipeline-error.ts'
import { type HttpAnswer, startHttpServer } from '../helpers/http-server.ts'

const schema = z.strictObject(httpClientFields)
const request = Buffer.from([0x0a, 0x00])
const patience = { timeoutMs: 60_000 }
const protobuf = { 'content-type': 'application/x-protobuf' }

function sender(
  t: ExecutionContext,
  url: string,
  config: z.input<typeof schema> = {},
  encoding: OtlpEncoding = 'protobuf',
): OtlpHttpSender {
  const checked = schema.parse({ compression: 'none', ...config })
  const made = new OtlpHttpSender(checked, new URL(url), encoding)
  t.teardown(() => made.close(AbortSignal.abort()))
  return made
}

const taking = test.macro({
  async exec(t, encoding: OtlpEncoding, answer: HttpAnswer, expected: unknown) {
    const server = await startHttpServer(t, () => answer)
    const made = sender(t, `${server.url}/v1/logs`, {}, encoding)
    t.deepEqual(await made.sendLogs(request, patience), expected)
    const [heard] = server.requests
    t.is(heard?.url, '/v1/logs')
    t.deepEqual(heard?.body, request)
  },
  title: (title = '') => title,
})

const partial = { rejectedCount: 3, message: 'too old' }
test('an empty answer is full success', taking, 'protobuf', { headers: protobuf }, undefined)
test('204 is full success', taking, 'protobuf', { status: 204 }, undefined)
test(
  'what the server rejected is told, in protobuf',
  taking,
  'protobuf',
  { headers: protobuf, body: encodeExportResponse('protobuf', partial) },
  partial,
)
test(
  'what the server rejected is told, in JSON',
  taking,
  'json',
  {
    headers: { 'content-type': 'application/json; charset=utf-8' },
    body: encodeExportResponse('json', partial),
  },
  partial,
)
test(
  'the empty partial success of the Collector is full success',
  taking,
  'json',
  { headers: { 'content-type': 'application/json' }, body: '{"partialSuccess":{}}' },
  undefined,
)
test(
  'a login page is a warning',
  taking,
  'protobuf',
  { headers: { 'content-type': 'text/html' }, body: '<html>' },
  {
    rejectedCount: 0,
    message: 'HTTP 200 with 6 bytes of "text/html", which is no OTLP response',
  },
)
test(
  'a broken answer is a warning',
  taking,
  'protobuf',
  { headers: protobuf, body: Buffer.from([0x0a, 0x7f]) },
  {
    rejectedCount: 0,
    message: 'HTTP 200 with 2 bytes of "application/x-protobuf", which is no OTLP response',
  },
)
test(
  'a huge answer is a warning',
  taking,
  'protobuf',
  { headers: protobuf, body: Buffer.alloc(4 * 1024 * 1024 + 1) },
  {
    rejectedCount: 0,
    message:
      'HTTP 200 with more than 4194304 bytes of "application/x-protobuf", which is no OTLP response',
  },
)

const refusing = test.macro({
  async exec(t, answer: HttpAnswer, expected: Partial<PipelineError>, message?: RegExp) {
    const server = await startHttpServer(t, () => answer)
    const made = sender(t, `${server.url}/v1/logs`)
    const error = await t.throwsAsync(made.sendLogs(request, patience), {
      instanceOf: PipelineError,
    })
    t.like(error, expected)
    if (message !== undefined) t.regex(error?.message ?? '', message)
    t.is(server.requests.length, 1)
  },
  title: (title = '') => title,
})

for (const status of [429, 502, 503, 504]) {
  test(`HTTP ${status} is retryable`, refusing, { status }, { retryable: true })
}
for (const status of [400, 401, 403, 404, 405, 408, 413, 415, 500, 501, 505]) {
  test(`HTTP ${status} is permanent`, refusing, { status }, { retryable: false })
}
for (const status of [301, 302, 307, 308]) {
  const headers = { location: 'https://elsewhere.example/v1/logs' }
  test(
    `HTTP ${status} is not followed and permanent`,
    refusing,
    { status, headers },
    { retryable: false, reason: 'redirect' },
    /to https:\/\/elsewhere\.example\/v1\/logs: redirects are not followed/,
  )
}
test(
  'Retry-After in seconds is the least wait',
  refusing,
  { status: 503, headers: { 'retry-after': '17' } },
  { retryable: true, retryAfterMs: 17_000 },
)
test(
  'RetryInfo in the body is the least wait',
  refusing,
  {
    status: 429,
    headers: protobuf,
    body: encodeRpcStatus({ code: 8, message: 'slow down', retryAfterMs: 2500 }),
  },
  { retryable: true, retryAfterMs: 2500 },
  /slow down/,
)
test(
  'the words of a refusal are kept',
  refusing,
  { status: 400, headers: protobuf, body: encodeRpcStatus({ code: 3, message: 'bad field 7' }) },
  { retryable: false, code: 'invalid_argument' },
  /answered HTTP 400: bad field 7/,
)
test(
  'a retryable status with a huge body stays retryable',
  refusing,
  { status: 503, body: Buffer.alloc(5_000_000) },
  { retryable: true },
)

test('a Retry-After date is the least wait', async t => {
  const date = new Date(Date.now() + 3_600_000).toUTCString()
  const server = await startHttpServer(t, () => ({ status: 503, headers: { 'retry-after': date } }))
  const promise = sender(t, server.url).sendLogs(request, patience)
  const error = await t.throwsAsync(promise, { instanceOf: PipelineError })
  t.true(error!.retryAfterMs! > 3_000_000 && error!.retryAfterMs! <= 3_600_000)
})

for (const [encoding, type] of [
  ['protobuf', 'application/x-protobuf'],
  ['json', 'application/json'],
] as const) {
  test(`${encoding} with gzip says what it is`, async t => {
    const server = await startHttpServer(t, () => ({}))
    const config = { compression: 'gzip', headers: { 'X-Tenant': 'a' } } as const
    await sender(t, server.url, config, encoding).sendLogs(request, patience)
    const { headers, body } = server.requests[0]!
    t.like(headers, { 'content-type': type, 'content-encoding': 'gzip', 'x-tenant': 'a' })
    t.regex(headers['user-agent'] ?? '', /^parsec\/\d/)
    t.deepEqual(zlib.gunzipSync(body), request)
  })
}

test('a request over the limit is never sent', async t => {
  const server = await startHttpServer(t, () => ({}))
  const made = sender(t, server.url, { max_request_size: 1 })
  const error = await t.throwsAsync(made.sendLogs(request, patience), {
    instanceOf: PipelineError,
    message: 'request is 2 bytes, max_request_size is 1',
  })
  t.like(error, { retryable: false, reason: 'too_large' })
  t.is(server.requests.length, 0)
})

test('a secret header never appears in an error', async t => {
  const server = await startHttpServer(t, () => ({ status: 401, body: 'who are you' }))
  const made = sender(t, server.url, { headers: { authorization: 'Bearer s3cret' } })
  const error = await t.throwsAsync(made.sendLogs(request, patience))
  t.is(server.requests[0]?.headers.authorization, 'Bearer s3cret')
  t.notRegex(`${error?.message}${error?.stack}${JSON.stringify(error)}`, /s3cret/)
})
