import { generateKeyPairSync } from 'node:crypto'
import test from 'ava'
import { parseKeys } from '../../../../plugins/extensions/oidc/file-keys.ts'
import { createAuthority } from '../../../helpers/certificates.ts'

const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const publicPem = publicKey.export({ type: 'spki', format: 'pem' }).toString()

test('public keys and certificates', t => {
  const keys = parseKeys(`# ours\n${publicPem}\n${createAuthority().certPem}`)
  t.is(keys.kind === 'pem' && keys.keys.length, 2)
})

test('a JWKS', t => {
  t.is(parseKeys(' {"keys": []}').kind, 'jwks')
})

for (const [what, text, message] of [
  ['nothing', '', 'there is neither a JWKS nor a PEM block'],
  [
    'a private key',
    privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    'there is a private key; only public keys belong here',
  ],
  ['half a JWKS', '{"keys":', /JSON/],
  ['JSON that is none', '{"a": 1}', /JSON Web Key Set/],
] as const) {
  test(`${what} is refused`, t => {
    t.throws(() => parseKeys(text), { message })
  })
}
