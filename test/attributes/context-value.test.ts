import test from 'ava'
import { contextValue } from '../../src/attributes/context-value.ts'

const metadata = new Map([
  ['x-tenant', ['a', 'b']],
  ['x-empty', []],
])

const says = test.macro({
  exec(t, name: string, clientAddress: string, expected: string | undefined) {
    t.is(contextValue({ requestId: 'r', metadata, clientAddress }, name), expected)
  },
  title: (_, name: string, address: string) => `${name} with a client at ${address}`,
})

test(says, 'client.address', '10.0.0.1:80', '10.0.0.1')
test(says, 'client.address', '10.0.0.1', '10.0.0.1')
test(says, 'client.address', '[::1]:80', '::1')
test(says, 'client.address', 'fe80::1', 'fe80::1')
test(says, 'metadata.X-Tenant', '', 'a;b')
test(says, 'x-tenant', '', 'a;b')
test(says, 'metadata.x-empty', '', undefined)
test(says, 'metadata.other', '', undefined)

test('a request that says nothing has no values', t => {
  t.is(contextValue({ requestId: 'r' }, 'client.address'), undefined)
  t.is(contextValue({ requestId: 'r' }, 'metadata.x'), undefined)
})

test('what the authenticator found', t => {
  const claims = new Map([['claims.org', 'a']])
  const context = { requestId: 'r', identity: { subject: 'checkout', tenant: 'shop', claims } }
  t.is(contextValue(context, 'auth.subject'), 'checkout')
  t.is(contextValue(context, 'auth.tenant'), 'shop')
  t.is(contextValue(context, 'auth.claims.org'), 'a')
  t.is(contextValue(context, 'auth.other'), undefined)
  t.is(contextValue({ requestId: 'r' }, 'auth.subject'), undefined)
})
