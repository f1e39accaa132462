import test from 'ava'
import { tlsClientConfig, tlsServerConfig } from '../../src/net/tls-config.ts'

test('a version may be written as text or as a YAML number', t => {
  t.is(tlsServerConfig.parse({ min_version: '1.3' }).min_version, '1.3')
  t.is(tlsServerConfig.parse({ min_version: 1.2 }).min_version, '1.2')
  t.is(tlsClientConfig.parse({ max_version: 1 }).max_version, '1.0')
})

for (const [what, schema, input] of [
  ['an unknown key', tlsServerConfig, { cert: 'x' }],
  ['a version that does not exist', tlsServerConfig, { min_version: '1.4' }],
  ['a client key in a server block', tlsServerConfig, { insecure: true }],
  ['a server key in a client block', tlsClientConfig, { client_ca_file: 'x' }],
  ['an unknown curve', tlsClientConfig, { curve_preferences: ['P999'] }],
] as const) {
  test(`${what} is refused`, t => {
    t.false(schema.safeParse(input).success)
  })
}
