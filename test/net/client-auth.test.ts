import test from 'ava'
import { clientAuthOf } from '../../src/net/client-auth.ts'
import { Authenticators } from '../../src/plugin/authenticator.ts'

test('no auth is no credentials', t => {
  t.is(clientAuthOf(undefined, new Authenticators(), 'exporters::otlp'), undefined)
})

test('credentials are those of the extension that runs now', t => {
  const authenticators = new Authenticators()
  authenticators.clients.add('x', { headers: () => ({ authorization: 'one' }) })
  const auth = clientAuthOf({ authenticator: 'x' }, authenticators, 'exporters::otlp')
  t.deepEqual(auth?.headers(), { authorization: 'one' })
  authenticators.clients.add('x', { headers: () => ({ authorization: 'two' }) })
  t.deepEqual(auth?.headers(), { authorization: 'two' })
})

test('an extension that is not there is an error at once', t => {
  t.throws(() => clientAuthOf({ authenticator: 'x' }, new Authenticators(), 'exporters::otlp'), {
    message: /^exporters::otlp::auth::authenticator: no extension "x" that gives credentials/,
  })
})
