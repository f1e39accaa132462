import test, { type ExecutionContext } from 'ava'
import { buildLogs, type Exporter, encodeLogs, type LogBatch, PipelineError } from '#core'
import { bodiesOf, createTestContext, LogSink } from '#core/testing'
import { otlpExporter } from '../../../../plugins/exporters/otlp/index.ts'
import { otlpHttpExporter } from '../../../../plugins/exporters/otlp_http/index.ts'
import { otlpReceiver } from '../../../../plugins/receivers/otlp/index.ts'
import { configOf } from '../../../helpers/plugin-yaml.ts'

/*
 * Our exporters against our receiver: what leaves one arrives at the other, and a verdict of the
 * stage behind the receiver comes back as the same verdict.
 */

/** In the pipeline every batch has a signal of its own. */
const newSignal = (): AbortSignal => new AbortController().signal

function batch(count: number): LogBatch {
  const records = Array.from({ length: count }, (_, i) => ({
    timeUnixNano: 1_700_000_000_123_456_789n + BigInt(i),
    severityNumber: 9,
    severityText: 'INFO',
    body: `line ${i}`,
    attributes: { count: BigInt(i), ratio: 1.5, flag: true, list: ['a', 1n] },
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: 'b7ad6b7169203331',
    eventName: 'an.event',
  }))
  const scope = { scopeName: 'cart', scopeVersion: '1', scopeSchemaUrl: 'https://s' }
  return buildLogs([{ resource: { 'service.name': 'shop' }, ...scope, records }], {
    requestId: 'request-1',
  })
}

/** A receiver in front of a sink, and an exporter that sends to it. */
async function link(
  t: ExecutionContext,
  create: (endpoints: readonly string[]) => Exporter,
): Promise<{ exporter: Exporter; sink: LogSink }> {
  const sink = new LogSink()
  const yaml =
    '{ protocols: { grpc: { endpoint: "127.0.0.1:0" }, http: { endpoint: "127.0.0.1:0" } } }'
  const context = createTestContext('receiver', 'otlp')
  const receiver = otlpReceiver.create(configOf(otlpReceiver, yaml), context, sink)
  await receiver.start?.()
  const exporter = create(receiver.endpoints?.() ?? [])
  await exporter.start?.()
  t.teardown(async () => {
    await exporter.stop?.(AbortSignal.abort())
    await receiver.stop?.(AbortSignal.abort())
  })
  return { exporter, sink }
}

const overGrpc = (keys: string) => (endpoints: readonly string[]) => {
  const { host } = new URL(
    endpoints.find(url => url.startsWith('grpc:'))!.replace('grpc:', 'http:'),
  )
  const yaml = `{ endpoint: "${host}", tls: { insecure: true }, ${keys} }`
  return otlpExporter.create(configOf(otlpExporter, yaml), createTestContext('exporter', 'otlp'))
}
const overHttp = (keys: string) => (endpoints: readonly string[]) => {
  const { origin } = new URL(endpoints.find(url => url.startsWith('http:'))!)
  const yaml = `{ endpoint: "${origin}", ${keys} }`
  const context = createTestContext('exporter', 'otlp_http')
  return otlpHttpExporter.create(configOf(otlpHttpExporter, yaml), context)
}

const WAYS = [
  ['gRPC', overGrpc('timeout: 60s, compression: none')],
  ['gRPC with gzip', overGrpc('timeout: 60s, compression: gzip')],
  ['HTTP', overHttp('timeout: 60s, compression: none')],
  ['HTTP with gzip', overHttp('timeout: 60s, compression: gzip')],
  ['HTTP with deflate', overHttp('timeout: 60s, compression: deflate')],
  ['JSON', overHttp('timeout: 60s, encoding: json, compression: none')],
  ['JSON with gzip', overHttp('timeout: 60s, encoding: json, compression: gzip')],
] as const

for (const [name, create] of WAYS) {
  test(`${name}: what was sent arrives, byte for byte, large and small`, async t => {
    const { exporter, sink } = await link(t, create)
    for (const count of [1, 5000]) {
      const sent = batch(count)
      const bytes = Buffer.from(encodeLogs(sent))
      await exporter.consume(sent, newSignal())
      t.deepEqual(encodeLogs(sink.batches.at(-1)!), bytes)
    }
  })

  test(`${name}: many batches at a time all arrive`, async t => {
    const { exporter, sink } = await link(t, create)
    await Promise.all(Array.from({ length: 30 }, () => exporter.consume(batch(50), newSignal())))
    t.is(sink.count, 1500)
    t.is(bodiesOf(sink.batches[0]!).length, 50)
  })

  const verdicts = [
    PipelineError.retryable('busy', { retryAfterMs: 3000 }),
    PipelineError.retryable('full', { code: 'resource_exhausted', retryAfterMs: 2000 }),
    PipelineError.permanent('not wanted'),
  ]
  for (const verdict of verdicts) {
    test(`${name}: the verdict "${verdict.message}" comes back as it is`, async t => {
      const { exporter, sink } = await link(t, create)
      sink.before = () => Promise.reject(verdict)
      const error = await t.throwsAsync(exporter.consume(batch(1), newSignal()), {
        instanceOf: PipelineError,
      })
      t.is(error?.retryable, verdict.retryable)
      t.is(error?.retryAfterMs, verdict.retryAfterMs)
      t.regex(error?.message ?? '', new RegExp(verdict.message))
    })
  }
}
