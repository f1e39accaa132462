import { type Span, type Tracer, trace } from '@opentelemetry/api'
import test from 'ava'
import { traced } from '../../src/telemetry/tracing.ts'

test.serial('without an SDK the outcome passes and attributes are never computed', async t => {
  const attributes = () => {
    t.fail('attributes were computed')
    return {}
  }
  t.is(await traced('x', attributes, async () => 42), 42)
  await t.throwsAsync(
    traced('x', attributes, () => Promise.reject(new Error('boom'))),
    { message: 'boom' },
  )
})

test.serial('with one, a span has name, attributes and the failure, and always ends', async t => {
  const log: unknown[] = []
  const span = {
    isRecording: () => true,
    setAttributes: (attributes: object) => log.push(attributes),
    recordException: (error: Error) => log.push(error.message),
    setStatus: (status: object) => log.push(status),
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

  await traced(
    'send',
    () => ({ records: 3 }),
    async () => undefined,
  )
  t.deepEqual(log, ['send', { records: 3 }, 'end'])
  log.length = 0
  await t.throwsAsync(
    traced(
      'send',
      () => ({}),
      () => Promise.reject(new Error('boom')),
    ),
    { message: 'boom' },
  )
  t.deepEqual(log, ['send', {}, 'boom', { code: 2, message: 'boom' }, 'end'])
})
