import test from 'ava'
import { ByteBudget } from '../../src/net/byte-budget.ts'
import { PipelineError } from '../../src/plugin/pipeline-error.ts'

test('what does not fit is refused retryably, and nothing is taken', t => {
  const budget = new ByteBudget(100)
  const lease = budget.lease()
  lease.take(60)
  const error = t.throws(() => lease.take(41), { instanceOf: PipelineError })
  t.like(error, { code: 'resource_exhausted', retryable: true, retryAfterMs: 1000 })
  t.is(error?.message, 'requests in progress hold 60 bytes, 41 more would pass the limit of 100')
  lease.take(40)
  t.is(budget.held, 100)
})

test('a lease gives back all it holds, once', t => {
  const budget = new ByteBudget(100)
  const lease = budget.lease()
  lease.take(60)
  lease.release()
  lease.release()
  t.is(budget.held, 0)
})
