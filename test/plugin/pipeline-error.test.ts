import test from 'ava'
import { PipelineError } from '../../src/plugin/pipeline-error.ts'

test('a retryable error is unavailable unless told otherwise', t => {
  const error = PipelineError.retryable('busy')
  t.like(error, { name: 'PipelineError', message: 'busy', retryable: true, code: 'unavailable' })
  t.is(error.retryAfterMs, undefined)
  t.false('cause' in error)
})

test('a permanent error is an invalid argument unless told otherwise', t => {
  t.like(PipelineError.permanent('bad'), { retryable: false, code: 'invalid_argument' })
})

test('the reason is the code unless there is a better one', t => {
  t.is(PipelineError.retryable('x', { code: 'aborted' }).reason, 'aborted')
  t.is(PipelineError.retryable('x', { reason: 'queue_full' }).reason, 'queue_full')
})

test('options cannot turn one kind into the other', t => {
  t.true(PipelineError.retryable('x', { retryable: false }).retryable)
  t.false(PipelineError.permanent('x', { retryable: true }).retryable)
})

test('a PipelineError passes a border unchanged', t => {
  const error = PipelineError.permanent('x')
  t.is(PipelineError.from(error), error)
})

const isTurnedInto = test.macro((t, thrown: unknown, code: string, message: string) => {
  const error = PipelineError.from(thrown)
  t.like(error, { code, reason: code, message, retryable: true })
  t.is(error.cause, thrown)
})
test(
  'an unknown exception is our fault, and retryable',
  isTurnedInto,
  new Error('x'),
  'internal',
  'x',
)
test('anything thrown becomes an error', isTurnedInto, 'boom', 'internal', 'boom')
test('so does null', isTurnedInto, null, 'internal', 'null')
test(
  'an AbortError is a cancellation',
  isTurnedInto,
  new DOMException('gone', 'AbortError'),
  'cancelled',
  'gone',
)

test('only a permanent error has rejected records, only a retryable one has pending ones', t => {
  const both = { rejected: { count: 1 }, pending: [] }
  t.like(PipelineError.permanent('x', both), { rejected: { count: 1 }, pending: undefined })
  t.like(PipelineError.retryable('x', both), { rejected: undefined, pending: [] })
})
