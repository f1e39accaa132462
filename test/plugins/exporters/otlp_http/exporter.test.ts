import zlib from 'node:zlib'
import test, { type ExecutionContext } from 'ava'
import { buildLogs, type Exporter, type LogBatch, PipelineError } from '#core'
import { createTestContext, exporterContract, type TestContext } from '#core/testing'
import { otlpHttpExporter } from '../../../../plugins/exporters/otlp_http/index.ts'
import { startHttpServer } from '../../../helpers/http-server.ts'
import { complaintsOf, configOf, sampleConfigs } from '../../../helpers/plugin-yaml.ts'

const { signal } = new AbortController()

function batch(): LogBatch {
  return buildLogs(
    [{ resource: { 'service.name': 'shop' }, records: [{ body: 'a' }, { body: 'b' }] }],
    { requestId: 'request-1' },
  )
}

async function start(
  t: ExecutionContext,
  yaml: string,
): Promise<{ exporter: Exporter; context: TestContext }> {
  const context = createTestContext('exporter', 'otlp_http')
  const exporter = otlpHttpExporter.create(configOf(otlpHttpExporter, yaml), context)
  await exporter.start?.()
  t.teardown(() => exporter.stop?.(AbortSignal.abort()))
  return { exporter, context }
}

test('the sample config is valid and starts while its destination is down', async t => {
  for (const [id, config] of sampleConfigs(otlpHttpExporter)) {
    const exporter = otlpHttpExporter.create(config, createTestContext('exporter', id))
    await t.notThrowsAsync(async () => exporter.start?.())
    await t.notThrowsAsync(async () => exporter.stop?.(signal))
  }
})

const goesTo = test.macro({
  async exec(t, keys: (url: string) => string, path: string) {
    const server = await startHttpServer(t, () => ({}))
    const { exporter } = await start(t, `{ ${keys(server.url)}, compression: none }`)
    const logs = batch()
    await exporter.consume(logs, signal)
    t.is(server.requests[0]?.url, path)
    t.deepEqual(server.requests[0]?.body, logs.bytes)
  },
  title: (title = '') => title,
})
test('the path of OTLP is added to the endpoint', goesTo, url => `endpoint: "${url}"`, '/v1/logs')
test('a prefix is kept', goesTo, url => `endpoint: "${url}/otlp/"`, '/otlp/v1/logs')
test('logs_endpoint is taken as it is', goesTo, url => `logs_endpoint: "${url}/in?a=b"`, '/in?a=b')

test('JSON leaves as OTLP JSON, with gzip by default', async t => {
  const server = await startHttpServer(t, () => ({}))
  const { exporter } = await start(t, `{ endpoint: "${server.url}", encoding: json }`)
  await exporter.consume(batch(), signal)
  const { headers, body } = server.requests[0]!
  t.like(headers, { 'content-type': 'application/json', 'content-encoding': 'gzip' })
  const request = JSON.parse(zlib.gunzipSync(body).toString()) as {
    resourceLogs: { scopeLogs: { logRecords: { body: unknown }[] }[] }[]
  }
  t.deepEqual(
    request.resourceLogs[0]?.scopeLogs[0]?.logRecords.map(record => record.body),
    [{ stringValue: 'a' }, { stringValue: 'b' }],
  )
})

test('of a partial success the rest is accepted, and the number of rejected records is told', async t => {
  const server = await startHttpServer(t, () => ({
    headers: { 'content-type': 'application/json' },
    body: '{"partialSuccess":{"rejectedLogRecords":"1","errorMessage":"b is too old"}}',
  }))
  const { exporter } = await start(t, `{ endpoint: "${server.url}", encoding: json }`)
  const error = await t.throwsAsync(exporter.consume(batch(), signal), {
    instanceOf: PipelineError,
    message: /rejected 1 of 2 records: b is too old/,
  })
  t.is(server.requests.length, 1)
  t.like(error, { retryable: false, rejected: { count: 1 } })
})

test('the wait that the server asks for is passed on', async t => {
  const server = await startHttpServer(t, () => ({ status: 429, headers: { 'retry-after': '3' } }))
  const { exporter } = await start(t, `{ endpoint: "${server.url}" }`)
  const error = await t.throwsAsync(exporter.consume(batch(), signal), {
    instanceOf: PipelineError,
  })
  t.like(error, { retryable: true, retryAfterMs: 3000 })
})

test('a destination that is down is retryable', async t => {
  const down = await startHttpServer(t, () => ({}))
  await down.kill()
  const { exporter } = await start(t, `{ endpoint: "${down.url}" }`)
  const error = await t.throwsAsync(exporter.consume(batch(), signal), {
    instanceOf: PipelineError,
  })
  t.like(error, { code: 'unavailable', retryable: true })
  await startHttpServer(t, () => ({}), { port: down.port })
  await t.notThrowsAsync(exporter.consume(batch(), signal))
})

test('headers are sent and never logged', async t => {
  const server = await startHttpServer(t, () => ({ status: 401 }))
  const { exporter, context } = await start(
    t,
    `{ endpoint: "${server.url}", headers: { authorization: s3cret } }`,
  )
  const error = await t.throwsAsync(exporter.consume(batch(), signal))
  t.is(server.requests[0]?.headers.authorization, 's3cret')
  t.notRegex(JSON.stringify([context.lines, context.statuses, error?.stack]), /s3cret/)
})

const refused = test.macro({
  exec(t, yaml: string, message: RegExp) {
    t.regex(complaintsOf(otlpHttpExporter, yaml).join('\n'), message)
  },
  title: (_, yaml: string) => `${yaml} is refused`,
})
test(refused, '{}', /^endpoint: set endpoint, such as https:/)
test(refused, '{ endpoint: "localhost:4318" }', /must be a URL such as https:/)
test(refused, '{ endpoint: "ftp://localhost" }', /must be a URL such as https:/)
test(refused, '{ endpoint: "http://me:s3cret@localhost" }', /must not hold credentials/)
test(refused, '{ endpoint: "http://a", encoding: xml }', /encoding/)

test("a Collector's config is taken as it is", t => {
  const yaml = `
    endpoint: https://otelcol:4318
    traces_endpoint: https://otelcol:4318/v1/traces
    metrics_endpoint: https://otelcol:4318/v1/metrics
    tls: { ca_file: ca.pem, insecure_skip_verify: true }
    compression: gzip
    encoding: proto
    headers: { authorization: Bearer x }
    max_idle_conns: 10
    max_idle_conns_per_host: 10
    max_conns_per_host: 10
    idle_conn_timeout: 10s
    read_buffer_size: 0
    write_buffer_size: 524288
    proxy_url: http://proxy:3128
    timeout: 10s
    sending_queue: { enabled: true, num_consumers: 4 }
    retry_on_failure: { enabled: true }
  `
  t.deepEqual(complaintsOf(otlpHttpExporter, yaml), [])
})

for (const { title, check } of exporterContract(otlpHttpExporter, {
  config: { endpoint: 'http://127.0.0.1:1', timeout: '1s' },
})) {
  test(`contract: ${title}`, async t => {
    await t.notThrowsAsync(check())
  })
}
