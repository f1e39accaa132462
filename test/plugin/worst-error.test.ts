import test from 'ava'
import { PipelineError } from '../../src/plugin/pipeline-error.ts'
import { worstError } from '../../src/plugin/worst-error.ts'

const retryable = PipelineError.retryable('later', { reason: 'queue_full' })
const patient = PipelineError.retryable('much later', { retryAfterMs: 500 })
const permanent = PipelineError.permanent('never')
const other = PipelineError.permanent('never ever')

const isWorse = test.macro(
  (t, a: PipelineError | undefined, b: PipelineError, worst: PipelineError) => {
    t.is(worstError(a, b), worst)
  },
)
test('one failure among successes is the verdict', isWorse, undefined, permanent, permanent)
test('a retryable failure beats a permanent one before it', isWorse, permanent, patient, patient)
test('a retryable failure beats a permanent one after it', isWorse, patient, permanent, patient)
test('the first of two permanent failures is kept', isWorse, permanent, other, permanent)
test('the first of two retryable failures is kept', isWorse, patient, retryable, patient)

const two = PipelineError.permanent('two', { rejected: { count: 2 } })
const three = PipelineError.permanent('three', { rejected: { count: 3 } })
test('more rejected records are worse than fewer', isWorse, two, three, three)
test('fewer rejected records are better than more', isWorse, three, two, three)
test('a whole batch is worse than some of its records', isWorse, three, permanent, permanent)

test('the first failure is kept with the longest wait that anybody asked for', t => {
  const worst = worstError(retryable, patient)
  t.like(worst, { message: 'later', reason: 'queue_full', retryAfterMs: 500, retryable: true })
  t.is(worst.cause, retryable)
})
