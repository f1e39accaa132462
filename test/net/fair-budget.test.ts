import test from 'ava'
import { FairBudget, type Lease } from '../../src/net/fair-budget.ts'
import { PipelineError } from '../../src/plugin/pipeline-error.ts'
import { ManualClock } from '../../src/testing/index.ts'

function subject(bytesMax = 100) {
  const clock = new ManualClock()
  const refused: string[] = []
  const budget = new FairBudget({
    bytesMax,
    clock,
    onRefused: ({ reason }, client) => refused.push(`${client} ${reason}`),
  })
  /** A request of `client` that holds `bytes` and is still arriving. */
  const arriving = (client: string, bytes: number) => {
    const lease = budget.lease(client)
    const request: { lease: Lease; revoked: PipelineError | undefined } = {
      lease,
      revoked: undefined,
    }
    lease.arriving(error => (request.revoked = error))
    lease.take(bytes)
    return request
  }
  const holding = (client: string, bytes: number): Lease => {
    const lease = budget.lease(client)
    lease.take(bytes)
    return lease
  }
  return { budget, clock, refused, arriving, holding }
}

function refusalOf(work: () => void): PipelineError | undefined {
  try {
    work()
    return undefined
  } catch (thrown) {
    return PipelineError.from(thrown)
  }
}

test('what does not fit is refused retryably, and nothing is taken', t => {
  const { budget } = subject()
  const lease = budget.lease('a')
  lease.take(60)
  const error = t.throws(() => lease.take(41), { instanceOf: PipelineError })
  t.like(error, { code: 'resource_exhausted', retryable: true, retryAfterMs: 1000 })
  t.is(error?.message, 'requests in progress hold 60 bytes, 41 more would pass the limit of 100')
  lease.take(40)
  t.is(budget.heldBytes, 100)
})

test('a lease that was released takes nothing more', t => {
  const { budget } = subject()
  const lease = budget.lease('a')
  lease.release()
  const error = t.throws(() => lease.take(1), { instanceOf: PipelineError })
  t.like(error, { code: 'cancelled', retryable: true })
  t.throws(() => lease.resize(1), { instanceOf: PipelineError })
  t.is(budget.heldBytes, 0)
})

test('a lease gives back all it holds, once', t => {
  const { budget } = subject()
  const lease = budget.lease('a')
  lease.take(60)
  lease.resize(70)
  lease.resize(10)
  t.is(budget.heldBytes, 10)
  lease.release()
  lease.release()
  t.is(budget.heldBytes, 0)
})

test('what can never fit is refused for good', t => {
  const { budget } = subject()
  t.like(
    refusalOf(() => budget.lease('a').take(101)),
    { code: 'resource_exhausted', retryable: false, reason: 'request_too_large' },
  )
})

test('a claim is refused when it would not fit now, and takes nothing', t => {
  const { budget, holding } = subject()
  holding('a', 60)
  const lease = budget.lease('a')
  lease.check(40)
  t.like(
    refusalOf(() => lease.check(41)),
    { reason: 'requests_in_flight' },
  )
  t.is(budget.heldBytes, 60)
})

test('a client alone may use everything', t => {
  const { budget, holding } = subject()
  for (let i = 0; i < 10; i++) holding('a', 10)
  t.is(budget.heldBytes, 100)
})

test('who holds more than its share leaves a quarter to those who hold less', t => {
  const { budget, holding } = subject()
  holding('small', 5)
  holding('greedy', 70)
  const refusal = refusalOf(() => budget.lease('greedy').take(1))
  t.like(refusal, { code: 'resource_exhausted', reason: 'client_share', retryable: true })
  t.is(
    refusal?.message,
    'requests in progress of this client hold 70 bytes, 1 more would pass its share of 50, that of one of 2 clients',
  )
  t.notThrows(() => holding('small', 25))
})

test('a large request of one client passes while the others hold nothing', t => {
  const { budget, holding } = subject()
  budget.lease('other')
  t.notThrows(() => holding('a', 90))
})

test('a full budget makes room: who is over its share loses its largest arriving requests', t => {
  const { budget, refused, arriving } = subject()
  const first = arriving('greedy', 60)
  const second = arriving('greedy', 40)
  const other = budget.lease('other')
  other.check(30)
  t.is(first.revoked, undefined)
  other.take(30)
  t.like(first.revoked, { reason: 'client_share', retryable: true, code: 'resource_exhausted' })
  t.is(second.revoked, undefined)
  t.is(budget.heldBytes, 70)
  t.is(first.lease.heldBytes, 0)
  t.deepEqual(refused, ['greedy client_share'])
})

test('requests that have arrived are not taken back', t => {
  const { budget, arriving } = subject()
  const request = arriving('greedy', 100)
  request.lease.arrived()
  t.like(
    refusalOf(() => budget.lease('other').take(10)),
    { reason: 'requests_in_flight' },
  )
  t.is(request.revoked, undefined)
})

test('who is over its own share takes nothing from others', t => {
  const { budget, arriving } = subject()
  const victim = arriving('a', 50)
  arriving('b', 50)
  t.truthy(refusalOf(() => budget.lease('b').take(10)))
  t.is(victim.revoked, undefined)
})

test('a client that was refused counts, so that the others hold back until it is served', async t => {
  const { budget, clock, holding } = subject()
  const first = holding('greedy', 100)
  t.truthy(refusalOf(() => budget.lease('other').take(10)))
  first.resize(80)
  // Of what has become free the greedy one gets nothing.
  holding('other', 5)
  t.like(
    refusalOf(() => budget.lease('greedy').take(10)),
    { reason: 'client_share' },
  )
  await clock.advance(3000)
  t.notThrows(() => holding('other', 10))
})

test('the wait grows for as long as a client is refused, and starts anew once it was served', async t => {
  const { budget, clock, holding } = subject()
  const full = holding('a', 100)
  const waits: (number | undefined)[] = []
  for (const ms of [0, 500, 2500, 6000, 30_000]) {
    await clock.advance(ms)
    const lease = budget.lease('b')
    waits.push(refusalOf(() => lease.take(10))?.retryAfterMs)
    lease.release()
  }
  t.deepEqual(waits, [1000, 1000, 3000, 9000, 30_000])
  full.release()
  holding('b', 10).release()
  // Then the pace is a hundred a second again.
  for (let i = 0; i < 60; i++) {
    const whole = holding('a', 100)
    await clock.advance(1000)
    whole.release()
  }
  holding('a', 95)
  const wait = refusalOf(() => budget.lease('b').take(10))?.retryAfterMs ?? 0
  t.true(wait < 1100, String(wait))
})

test('the guard is asked first, for a claim as for nothing', t => {
  const asked: number[] = []
  const shut = PipelineError.retryable('out of memory', { reason: 'memory_limit' })
  let refusal: PipelineError | undefined
  const guard = (bytes: number): PipelineError | undefined => {
    asked.push(bytes)
    return refusal
  }
  const refused: string[] = []
  const onRefused = ({ reason }: PipelineError): unknown => refused.push(reason)
  const budget = new FairBudget({ bytesMax: 100, guard, onRefused })
  const lease = budget.lease('a')
  lease.check(50)
  lease.take(20)
  refusal = shut
  t.is(
    refusalOf(() => lease.take(10)),
    shut,
  )
  t.is(
    refusalOf(() => lease.check(10)),
    shut,
  )
  t.deepEqual(asked, [0, 20, 10, 0])
  t.is(budget.heldBytes, 20)
  t.deepEqual(refused, ['memory_limit'])
})

test('the stats show bytes and clients', t => {
  const { budget, holding } = subject()
  holding('a', 10)
  holding('b', 20)
  t.deepEqual(budget.stats(), { bytes_in_flight: 30, max_in_flight_size: 100, clients: 2 })
})

test('one client may have so many requests in progress, whatever they hold', t => {
  const budget = new FairBudget({ bytesMax: 100, clientRequestsMax: 2 })
  const leases = [budget.lease('a'), budget.lease('a')]
  for (const lease of leases) t.notThrows(() => lease.check(1))
  const third = budget.lease('a')
  const refusal = refusalOf(() => third.check(0))
  t.like(refusal, { code: 'resource_exhausted', retryable: true, reason: 'client_requests' })
  t.is(refusal?.message, 'this client has 3 requests in progress, max_requests_per_client is 2')
  t.notThrows(() => budget.lease('b').check(0))
  third.release()
  leases[0]!.release()
  t.notThrows(() => budget.lease('a').check(0))
})
