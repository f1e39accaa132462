import test from 'ava'
import type { Identity } from '../../src/batch/sender-identity.ts'
import { ServerAuth } from '../../src/net/server-auth.ts'
import { Authenticators } from '../../src/plugin/authenticator.ts'
import { PipelineError } from '../../src/plugin/pipeline-error.ts'
import { authRequest } from '../helpers/auth-request.ts'

function setUp(identity: Identity) {
  const authenticators = new Authenticators()
  authenticators.servers.add('x', { challenge: 'Bearer', authenticate: () => identity })
  return new ServerAuth({ authenticator: 'x' }, { key: 'receivers::otlp', authenticators })
}

test('an identity without scopes may do everything', async t => {
  const auth = setUp({ subject: 'a' })
  t.notThrows(() => auth.start())
  t.is(auth.challenge, 'Bearer')
  t.deepEqual(await auth.identify(authRequest(), 'logs:write'), { subject: 'a' })
})

test('one with scopes needs the one that is asked for', async t => {
  const auth = setUp({ subject: 'a', scopes: new Set(['logs:read']) })
  await t.notThrowsAsync(auth.identify(authRequest(), 'logs:read'))
  const error = await t.throwsAsync<PipelineError>(auth.identify(authRequest(), 'logs:write'), {
    instanceOf: PipelineError,
    message: '"a" lacks the scope logs:write',
  })
  t.is(error?.code, 'permission_denied')
})

test('an extension that is not there is an error of the start', t => {
  const key = 'receivers::otlp'
  const gone = new ServerAuth({ authenticator: 'y' }, { key, authenticators: new Authenticators() })
  t.throws(() => gone.start(), {
    message: /^receivers::otlp::auth::authenticator: no extension "y"/,
  })
  t.throws(() => new ServerAuth({ authenticator: 'y' }, { key }).start(), {
    message: /nothing authenticates here/,
  })
})

test('one that goes away while running is waited for', async t => {
  const authenticators = new Authenticators()
  const remove = authenticators.servers.add('x', {
    challenge: '',
    authenticate: () => ({ subject: 'a' }),
  })
  const auth = new ServerAuth({ authenticator: 'x' }, { key: 'receivers::otlp', authenticators })
  remove()
  const error = await t.throwsAsync<PipelineError>(auth.identify(authRequest(), 'logs:write'), {
    instanceOf: PipelineError,
  })
  t.like(error, { code: 'unavailable', retryable: true })
})
