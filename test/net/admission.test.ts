import test from 'ava'
import { Admission } from '../../src/net/admission.ts'
import { PipelineError } from '../../src/plugin/pipeline-error.ts'
import { createTestContext } from '../../src/testing/test-context.ts'

const config = { max_in_flight_size: 100, max_requests_per_client: 0, middlewares: [] }

test('refusals are counted by reason, and logged in one line', async t => {
  const context = createTestContext('receiver', 'otlp')
  const admission = new Admission(config, 'http', { ...context, key: 'receivers::otlp' })
  admission.budget.lease('a').take(100)
  for (let i = 0; i < 50; i++) t.throws(() => admission.budget.lease('a').check(1))
  context.door.addGuard('x', () => PipelineError.retryable('shut', { reason: 'memory_limit' }))
  t.throws(() => admission.budget.lease('b').check(1), { message: 'shut' })
  const { values } = await context.metrics.doorRefused.get()
  t.deepEqual(
    values.map(({ labels, value }) => [labels, value]),
    [
      [{ receiver: 'otlp', transport: 'http', reason: 'requests_in_flight' }, 50],
      [{ receiver: 'otlp', transport: 'http', reason: 'memory_limit' }, 1],
    ],
  )
  t.deepEqual(
    context.lines.map(({ msg, reason, client }) => [msg, reason, client]),
    [
      ['refused a request before it was read', 'requests_in_flight', 'a'],
      ['refused a request before it was read', 'memory_limit', 'b'],
    ],
  )
  admission.stop()
  t.is(context.lines.at(-1)?.['repeated'], 49)
})

test('one request that is refused again and again counts once', async t => {
  const context = createTestContext('receiver', 'otlp')
  const admission = new Admission(config, 'grpc', { ...context, key: 'receivers::otlp' })
  admission.budget.lease('a').take(100)
  const lease = admission.budget.lease('b')
  for (let i = 0; i < 3; i++) t.throws(() => lease.take(1))
  t.is((await context.metrics.doorRefused.get()).values[0]?.value, 1)
})

test('the door shows what a server holds, from its start to its stop', t => {
  const context = createTestContext('receiver', 'otlp')
  const admission = new Admission(config, 'http', { ...context, key: 'receivers::otlp' })
  admission.start()
  admission.budget.lease('a').take(7)
  t.like(context.door.stats().servers, { 'receivers::otlp': { bytes_in_flight: 7, clients: 1 } })
  admission.stop()
  t.deepEqual(context.door.stats().servers, {})
})

test('a middleware must stand guard, or the server does not start', t => {
  const context = createTestContext('receiver', 'otlp')
  const middlewares = [{ id: 'memory_limiter' }]
  const admission = new Admission({ ...config, middlewares }, 'http', {
    ...context,
    key: 'receivers::otlp::protocols::http',
  })
  t.throws(() => admission.start(), {
    message:
      'receivers::otlp::protocols::http::middlewares: no extension "memory_limiter" guards requests; configure memory_limiter under extensions and name it in service::extensions',
  })
  context.door.addGuard('extension memory_limiter', () => undefined)
  t.notThrows(() => admission.start())
  admission.stop()
})

test('without a door only the budget decides', t => {
  const { logger } = createTestContext('receiver', 'otlp')
  const admission = new Admission(config, 'http', { key: 'x', logger })
  t.notThrows(() => admission.budget.lease('a').take(100))
  t.throws(() => admission.budget.lease('a').take(1))
})
