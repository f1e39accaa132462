import { generateKeyPairSync } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { exportJWK, SignJWT } from 'jose'
import { Provider } from '../../../../plugins/extensions/oidc/provider.ts'
import { createTestContext } from '../../../../src/testing/test-context.ts'
import { tempFolder } from '../../../helpers/temp-folder.ts'

const pairs = [
  { alg: 'ES256', ...generateKeyPairSync('ec', { namedCurve: 'P-256' }) },
  { alg: 'RS256', ...generateKeyPairSync('rsa', { modulusLength: 2048 }) },
  { alg: 'EdDSA', ...generateKeyPairSync('ed25519') },
]
const issuer_url = 'https://issuer.example/'
const pem = pairs
  .map(({ publicKey }) => publicKey.export({ type: 'spki', format: 'pem' }).toString())
  .join('')

async function sign(index: number): Promise<string> {
  const { alg, privateKey } = pairs[index]!
  return await new SignJWT({ sub: `by ${alg}`, iss: issuer_url })
    .setProtectedHeader({ alg, kid: String(index) })
    .setExpirationTime('5m')
    .sign(privateKey)
}

async function withKeys(t: ExecutionContext, text: string): Promise<Provider> {
  const public_keys_file = join(await tempFolder(t), 'keys')
  await writeFile(public_keys_file, text)
  const provider = new Provider({
    config: {
      issuer_url,
      public_keys_file,
      audience: '',
      ignore_audience: true,
      issuer_ca_path: undefined,
      username_claim: '',
      groups_claim: '',
      tenant_claim: '',
      scope_claim: '',
    },
    key: 'extensions::oidc::providers::0',
    clockSkewMs: 0,
    reloadMs: 0,
    logger: createTestContext('extension', 'oidc').logger,
  })
  await provider.start()
  t.teardown(() => provider.stop())
  return provider
}

test('every key of a PEM file may have signed', async t => {
  const provider = await withKeys(t, pem)
  for (const [index, { alg }] of pairs.entries()) {
    t.like(await provider.verify(await sign(index)), { subject: `by ${alg}` })
  }
})

test('a key that is not in the file has not', async t => {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const other = publicKey.export({ type: 'spki', format: 'pem' }).toString()
  const provider = await withKeys(t, other)
  for (const index of pairs.keys())
    t.like(await provider.verify(await sign(index)), { denied: 'invalid' })
})

test('a JWKS names its keys', async t => {
  const keys = await Promise.all(
    pairs.map(async ({ alg, publicKey }, kid) => ({
      ...(await exportJWK(publicKey)),
      alg,
      kid: String(kid),
    })),
  )
  const provider = await withKeys(t, JSON.stringify({ keys }))
  t.like(await provider.verify(await sign(1)), { subject: 'by RS256' })
  const fewer = await withKeys(t, JSON.stringify({ keys: keys.slice(0, 1) }))
  t.like(await fewer.verify(await sign(1)), { denied: 'invalid' })
})
