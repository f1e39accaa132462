import zlib from 'node:zlib'
import test, { type ExecutionContext } from 'ava'
import { buildLogs, decodeLogs, type Exporter, type LogBatch, PipelineError } from '#core'
import { createTestContext, exporterContract, type TestContext } from '#core/testing'
import { otlpExporter } from '../../../../plugins/exporters/otlp/index.ts'
import { encodeExportResponse } from '../../../../src/otlp/export-response.ts'
import { encodeRpcStatus } from '../../../../src/otlp/rpc-status.ts'
import { startGrpcServer } from '../../../helpers/grpc-server.ts'
import { complaintsOf, configOf, sampleConfigs } from '../../../helpers/plugin-yaml.ts'

const { signal } = new AbortController()

function batch(): LogBatch {
  return buildLogs(
    [
      {
        resource: { 'service.name': 'shop' },
        scopeName: 'cart',
        records: ['a', 'b', 'c'].map(body => ({ body, severityNumber: 9 })),
      },
    ],
    { requestId: 'request-1' },
  )
}

async function start(
  t: ExecutionContext,
  yaml: string,
): Promise<{ exporter: Exporter; context: TestContext }> {
  const context = createTestContext('exporter', 'otlp')
  const exporter = otlpExporter.create(configOf(otlpExporter, yaml), context)
  await exporter.start?.()
  t.teardown(() => exporter.stop?.(AbortSignal.abort()))
  return { exporter, context }
}

const taken = { message: Buffer.alloc(0) }

test('the sample config is valid and starts while its destination is down', async t => {
  for (const [id, config] of sampleConfigs(otlpExporter)) {
    const exporter = otlpExporter.create(config, createTestContext('exporter', id))
    await t.notThrowsAsync(async () => exporter.start?.())
    await t.notThrowsAsync(async () => exporter.stop?.(signal))
  }
})

test('a batch leaves as the bytes that came in', async t => {
  const server = await startGrpcServer(t, () => taken)
  const { exporter } = await start(
    t,
    `{ endpoint: "127.0.0.1:${server.port}", tls: { insecure: true }, timeout: 60s, compression: none }`,
  )
  const logs = batch()
  await exporter.consume(logs, signal)
  t.deepEqual(server.calls[0]?.message, logs.bytes)
})

test('what a filter has left leaves with gzip, which is the default', async t => {
  const server = await startGrpcServer(t, () => taken)
  const { exporter } = await start(
    t,
    `{ endpoint: "127.0.0.1:${server.port}", tls: { insecure: true }, timeout: 60s }`,
  )
  await exporter.consume(
    batch().filter(row => row.bodyText() !== 'b'),
    signal,
  )
  const [call] = server.calls
  t.is(call?.headers['grpc-encoding'], 'gzip')
  const { batch: received } = decodeLogs(zlib.gunzipSync(call!.message), { requestId: 'received' })
  const cursor = received.cursor()
  t.deepEqual(
    Array.from({ length: received.count }, (_, row) => cursor.seek(row).bodyText()),
    ['a', 'c'],
  )
})

test('of a partial success the rest is accepted, and the number of rejected records is told', async t => {
  const partial = { rejectedCount: 2, message: 'no room for b and c' }
  const message = encodeExportResponse('protobuf', partial)
  const server = await startGrpcServer(t, () => ({ message }))
  const { exporter } = await start(
    t,
    `{ endpoint: "127.0.0.1:${server.port}", tls: { insecure: true }, timeout: 60s }`,
  )
  const error = await t.throwsAsync(exporter.consume(batch(), signal), {
    instanceOf: PipelineError,
    message: /rejected 2 of 3 records: no room for b and c/,
  })
  t.is(server.calls.length, 1)
  t.like(error, { retryable: false, rejected: { count: 2 } })
})

test('the wait that the server asks for is passed on', async t => {
  const details = encodeRpcStatus({ code: 14, message: 'busy', retryAfterMs: 3000 })
  const server = await startGrpcServer(t, () => ({ status: 14, statusMessage: 'busy', details }))
  const { exporter } = await start(
    t,
    `{ endpoint: "127.0.0.1:${server.port}", tls: { insecure: true }, timeout: 60s }`,
  )
  const error = await t.throwsAsync(exporter.consume(batch(), signal), {
    instanceOf: PipelineError,
  })
  t.like(error, { retryable: true, retryAfterMs: 3000 })
})

test('a destination that is down is retryable, and used when it is back', async t => {
  const down = await startGrpcServer(t, () => taken)
  await down.kill()
  const { exporter } = await start(
    t,
    `{ endpoint: "127.0.0.1:${down.port}", tls: { insecure: true }, wait_for_ready: true, timeout: 60s }`,
  )
  const running = exporter.consume(batch(), signal)
  await startGrpcServer(t, () => taken, { port: down.port })
  await t.notThrowsAsync(running)
})

test('a destination that never answers is given up after the timeout, retryably', async t => {
  const server = await startGrpcServer(t, () => undefined)
  const { exporter } = await start(
    t,
    `{ endpoint: "127.0.0.1:${server.port}", tls: { insecure: true }, timeout: 50ms }`,
  )
  const error = await t.throwsAsync(exporter.consume(batch(), signal), {
    instanceOf: PipelineError,
  })
  t.like(error, { code: 'deadline_exceeded', retryable: true })
})

test('headers are sent and never logged', async t => {
  const server = await startGrpcServer(t, () => ({ status: 16, statusMessage: 'who are you' }))
  const { exporter, context } = await start(
    t,
    `{ endpoint: "127.0.0.1:${server.port}", tls: { insecure: true }, headers: { authorization: s3cret } }`,
  )
  const error = await t.throwsAsync(exporter.consume(batch(), signal))
  t.is(server.calls[0]?.headers.authorization, 's3cret')
  const said = JSON.stringify([context.lines, context.statuses, error?.stack])
  t.notRegex(said, /s3cret/)
})

test('a certificate that cannot be read stops the start', async t => {
  const config = configOf(
    otlpExporter,
    '{ endpoint: "localhost:4317", tls: { ca_file: /nowhere } }',
  )
  const exporter = otlpExporter.create(config, createTestContext('exporter', 'otlp'))
  await t.throwsAsync(async () => exporter.start?.(), { message: /ca_file cannot be read/ })
})

test('the endpoint is needed, and unknown keys are errors', t => {
  t.regex(complaintsOf(otlpExporter, '{}').join(), /^endpoint: /)
  t.regex(complaintsOf(otlpExporter, '{ endpoint: "a:1", endpont: b }').join(), /endpont/)
})

test("a Collector's config is taken as it is", t => {
  const yaml = `
    endpoint: otelcol:4317
    tls: { insecure: false, ca_file: ca.pem, cert_file: c.pem, key_file: k.pem, min_version: "1.2" }
    compression: gzip
    headers: { authorization: Bearer x }
    keepalive: { time: 20s, timeout: 5s, permit_without_stream: true }
    balancer_name: round_robin
    read_buffer_size: 0
    write_buffer_size: 524288
    wait_for_ready: true
    timeout: 10s
    sending_queue: { enabled: true, num_consumers: 4, queue_size: 1000, sizer: requests }
    retry_on_failure: { enabled: true, initial_interval: 5s, max_interval: 30s, max_elapsed_time: 300s }
  `
  t.deepEqual(complaintsOf(otlpExporter, yaml), [])
})

for (const { title, check } of exporterContract(otlpExporter, {
  config: { endpoint: '127.0.0.1:1', tls: { insecure: true }, timeout: '1s' },
})) {
  test(`contract: ${title}`, async t => {
    await t.notThrowsAsync(check())
  })
}
