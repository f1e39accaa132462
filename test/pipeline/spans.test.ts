import { type Span, type Tracer, trace } from '@opentelemetry/api'
import test from 'ava'
import { withSpan } from '../../src/pipeline/spans.ts'
import { LogSink, sampleLogs } from '../../src/testing/index.ts'

const never = new AbortController().signal

test.serial('without an SDK nothing is put around the stage', t => {
  const next = new LogSink()
  t.is(withSpan(next, 'processor batch'), next)
})

test.serial('with one, every batch has a span that names stage, request and identity', async t => {
  const log: unknown[] = []
  const span = {
    isRecording: () => true,
    setAttributes: (attributes: object) => log.push(attributes),
    end: () => log.push('end'),
  } as unknown as Span
  const tracer = {
    startActiveSpan: (name: string, run: (span: Span) => unknown) => {
      log.push(name)
      return run(span)
    },
  } as unknown as Tracer
  trace.setGlobalTracerProvider({ getTracer: () => tracer })
  t.teardown(() => trace.disable())

  const sink = new LogSink()
  const batch = sampleLogs(['a', 'b'], { requestId: 'r' }).with({ origin: 'o' })
  await withSpan(sink, 'exporter debug').consume(batch, never)
  const attributes = { 'parsec.records': 2, 'parsec.request_id': 'r', 'parsec.origin': 'o' }
  t.deepEqual(log, ['exporter debug', attributes, 'end'])
  t.is(sink.count, 2)
})
