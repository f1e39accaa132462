import test from 'ava'
import { Guard } from '../../src/pipeline/guard.ts'
import type { Consumer } from '../../src/plugin/consumer.ts'
import { PipelineError } from '../../src/plugin/pipeline-error.ts'
import { createTestContext, sampleLogs } from '../../src/testing/index.ts'

const never = new AbortController().signal

async function refusal(consumer: Consumer, signal = never): Promise<PipelineError> {
  const batch = sampleLogs(['a', 'b'], { requestId: 'request-x' })
  return await consumer.consume(batch, signal).then(
    () => Promise.reject(new Error('it was accepted')),
    (error: unknown) => error as PipelineError,
  )
}

interface Case {
  readonly consume: Consumer['consume']
  readonly code: string
  readonly retryable: boolean
  /** Lines logged and exceptions counted. */
  readonly faults: number
}

const judges = test.macro(async (t, { consume, code, retryable, faults }: Case) => {
  const context = createTestContext('processor', 'broken')
  const error = await refusal(new Guard({ consume }, context))
  t.true(error instanceof PipelineError)
  t.is(error.code, code as PipelineError['code'])
  t.is(error.retryable, retryable)
  t.is(context.lines.length, faults)
  const counted = await context.metrics.exceptions.get()
  t.is(counted.values[0]?.value ?? 0, faults)
})

test('a rejection with an unknown error becomes a retryable refusal', judges, {
  consume: () => Promise.reject(new TypeError('x is undefined')),
  code: 'internal',
  retryable: true,
  faults: 1,
})
test('so does an exception thrown before there is a promise', judges, {
  consume: () => {
    throw new RangeError('out of it')
  },
  code: 'internal',
  retryable: true,
  faults: 1,
})
test('so does something that is no Error', judges, {
  consume: () => Promise.reject('just text' as unknown as Error),
  code: 'internal',
  retryable: true,
  faults: 1,
})
test('a permanent refusal passes as it is, and is no fault', judges, {
  consume: () => Promise.reject(PipelineError.permanent('bad')),
  code: 'invalid_argument',
  retryable: false,
  faults: 0,
})
test('a retryable refusal passes as it is, and is no fault', judges, {
  consume: () => Promise.reject(PipelineError.retryable('full', { code: 'resource_exhausted' })),
  code: 'resource_exhausted',
  retryable: true,
  faults: 0,
})
test('an aborted operation is a cancellation, no fault', judges, {
  consume: () => Promise.reject(new DOMException('aborted', 'AbortError')),
  code: 'cancelled',
  retryable: true,
  faults: 0,
})

test('the line names component, request and stack', async t => {
  const context = createTestContext('processor', 'broken')
  const boom = (): Promise<void> => Promise.reject(new Error('boom'))
  await refusal(new Guard({ consume: boom }, context))
  const [line] = context.lines
  t.is(line?.['component'], 'broken')
  t.is(line?.['request_id'], 'request-x')
  t.is(line?.['records'], 2)
  t.regex(
    String((line?.['err'] as { stack?: string } | undefined)?.stack),
    /boom[\s\S]*guard\.test/,
  )
})

test('guards further out do not log the same fault again', async t => {
  const inner = createTestContext('processor', 'inner')
  const outer = createTestContext('processor', 'outer')
  const boom = (): Promise<void> => Promise.reject(new Error('boom'))
  await refusal(new Guard(new Guard({ consume: boom }, inner), outer))
  t.is(inner.lines.length, 1)
  t.is(outer.lines.length, 0)
})

test('rethrowing the reason of the signal is no fault', async t => {
  const context = createTestContext('exporter', 'x')
  const sender = new AbortController()
  sender.abort(new Error('the client hung up'))
  const consume: Consumer['consume'] = (_batch, signal) => Promise.reject(signal.reason as Error)
  const error = await refusal(new Guard({ consume }, context), sender.signal)
  t.true(error.retryable)
  t.is(context.lines.length, 0)
})

test('an accepted batch passes', async t => {
  const guard = new Guard({ consume: async () => {} }, createTestContext('exporter', 'x'))
  await t.notThrowsAsync(guard.consume(sampleLogs(['a']), never))
})
