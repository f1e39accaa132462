import test from 'ava'
import { AuthGate, type DenialReason, type Verdict } from '../../src/auth/auth-gate.ts'
import { PipelineError } from '../../src/plugin/pipeline-error.ts'
import { ManualClock } from '../../src/testing/manual-clock.ts'
import { createTestContext } from '../../src/testing/test-context.ts'
import { authRequest } from '../helpers/auth-request.ts'

function setUp(verdict: Verdict | Promise<Verdict>) {
  const context = createTestContext('extension', 'api_key')
  const clock = new ManualClock()
  const calls = { count: 0 }
  const verify = (): Verdict | Promise<Verdict> => {
    calls.count++
    return verdict
  }
  const gate = new AuthGate(context, { challenge: 'Bearer', hint: 'send a key', verify, clock })
  const failures = async (reason: string) =>
    (await context.metrics.authFailures.get()).values.find(({ labels }) => labels.reason === reason)
      ?.value ?? 0
  return { gate, clock, calls, failures, lines: context.lines }
}

test('an identity goes through, at once or later', async t => {
  const identity = { subject: 'checkout', tenant: 'shop' }
  t.is(await setUp(identity).gate.authenticate(authRequest()), identity)
  t.is(await setUp(Promise.resolve(identity)).gate.authenticate(authRequest()), identity)
})

const REFUSALS: Record<DenialReason, [PipelineError['code'], boolean, string]> = {
  missing: ['unauthenticated', false, 'no credentials: send a key'],
  ambiguous: ['unauthenticated', false, 'more than one set of credentials'],
  invalid: ['unauthenticated', false, 'the credentials are not valid'],
  expired: ['unauthenticated', false, 'the credentials have expired'],
  not_allowed: ['permission_denied', false, 'the credentials do not allow this'],
  rate_limited: ['resource_exhausted', true, 'more requests than these credentials may send'],
  unavailable: ['unavailable', true, 'credentials cannot be checked at the moment'],
}
for (const [denied, [code, retryable, message]] of Object.entries(REFUSALS)) {
  test(`${denied} is ${code}, counted, and logged once without what was sent`, async t => {
    const denial = { denied: denied as DenialReason, detail: 'key a' }
    const { gate, failures, lines } = setUp(Promise.resolve(denial))
    const headers = { authorization: 'Bearer s3cret', 'x-api-key': 's3cret' }
    for (let i = 1; i <= 2; i++) {
      const error = await t.throwsAsync<PipelineError>(
        async () => gate.authenticate(authRequest(headers)),
        { instanceOf: PipelineError, message },
      )
      t.is(error?.code, code)
      t.is(error?.retryable, retryable)
      t.is(await failures(denied), i)
    }
    t.is(lines.length, 1)
    t.like(lines[0], { client: '10.0.0.1', reason: denied, detail: 'key a' })
    t.false(JSON.stringify(lines).includes('s3cret'))
  })
}

test('a client that was wrong 20 times is not asked any more, but its neighbour is', async t => {
  const { gate, clock, calls, failures } = setUp({ denied: 'invalid' })
  for (let i = 0; i < 20; i++) t.throws(() => gate.authenticate(authRequest()))
  t.is(calls.count, 20)
  const error = t.throws<PipelineError>(() => gate.authenticate(authRequest()))
  t.like(error, { code: 'resource_exhausted', retryable: true, retryAfterMs: 3000 })
  t.is(calls.count, 20)
  t.is(await failures('rate_limited'), 1)
  const neighbour = authRequest({}, { host: '10.0.0.2' })
  t.throws(() => gate.authenticate(neighbour), { message: 'the credentials are not valid' })
  await clock.advance(3000)
  t.throws(() => gate.authenticate(authRequest()), { message: 'the credentials are not valid' })
})

test('a client without credentials has not tried any', t => {
  const { gate, calls } = setUp({ denied: 'missing' })
  for (let i = 0; i < 50; i++) t.throws(() => gate.authenticate(authRequest()))
  t.is(calls.count, 50)
})

test('the wait that credentials ask for is passed on', t => {
  const { gate } = setUp({ denied: 'rate_limited', retryAfterMs: 250 })
  const error = t.throws<PipelineError>(() => gate.authenticate(authRequest()))
  t.is(error?.retryAfterMs, 250)
})
