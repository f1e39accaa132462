import test, { type ExecutionContext } from 'ava'
import { jwtVerify } from 'jose'
import { IssuerKeys, IssuerUnavailable } from '../../../../plugins/extensions/oidc/issuer-keys.ts'
import { startIssuer } from '../../../helpers/oidc-issuer.ts'

async function setUp(t: ExecutionContext) {
  const issuer = await startIssuer(t)
  const time = { ms: 0 }
  const keys = new IssuerKeys({ issuerUrl: issuer.url, ca: undefined, now: () => time.ms })
  const verify = async (token: string) => (await jwtVerify(token, keys.get)).payload.sub
  const asked = () => issuer.paths().filter(path => path === '/keys').length
  return { issuer, time, verify, asked }
}

test('keys are asked for once, however many tokens come at once', async t => {
  const { issuer, verify, asked } = await setUp(t)
  const token = await issuer.sign({})
  t.deepEqual(
    await Promise.all(Array.from({ length: 20 }, () => verify(token))),
    Array(20).fill('checkout'),
  )
  t.is(asked(), 1)
})

test('an unknown key asks for new ones, but not more often than every 30 seconds', async t => {
  const { issuer, time, verify, asked } = await setUp(t)
  await verify(await issuer.sign({}))
  await issuer.rotate()
  const token = await issuer.sign({})
  await t.throwsAsync(verify(token), { code: 'ERR_JWKS_NO_MATCHING_KEY' })
  t.is(asked(), 1)
  time.ms = 30_000
  t.is(await verify(token), 'checkout')
  t.is(asked(), 2)
})

test('a key that was withdrawn ends to count after 10 minutes', async t => {
  const { issuer, time, verify } = await setUp(t)
  const old = await issuer.sign({})
  await issuer.rotate()
  t.is(await verify(old), 'checkout')
  issuer.forget()
  t.is(await verify(old), 'checkout')
  time.ms = 10 * 60_000 + 1
  await t.throwsAsync(verify(old), { code: 'ERR_JWKS_NO_MATCHING_KEY' })
})

test('old keys are used on while the issuer is down', async t => {
  const { issuer, time, verify } = await setUp(t)
  const token = await issuer.sign({})
  await verify(token)
  issuer.isDown = true
  time.ms = 20 * 60_000
  t.is(await verify(token), 'checkout')
})

test('an issuer that was never up is asked again, but not for every token', async t => {
  const { issuer, time, verify } = await setUp(t)
  const token = await issuer.sign({})
  issuer.isDown = true
  for (let i = 0; i < 5; i++) {
    await t.throwsAsync(verify(token), {
      instanceOf: IssuerUnavailable,
      message: /openid-configuration: answered HTTP 500$/,
    })
  }
  t.is(issuer.paths().length, 1)
  issuer.isDown = false
  time.ms = 5000
  t.is(await verify(token), 'checkout')
})

for (const [document, message] of [
  [{ issuer: 'https://evil.example' }, /says it is "https:\/\/evil.example"$/],
  [{ jwks_uri: 7 }, /names no jwks_uri$/],
] as const) {
  test(`an issuer that says ${JSON.stringify(document)} is none`, async t => {
    const { issuer, verify } = await setUp(t)
    issuer.document = document
    await t.throwsAsync(verify(await issuer.sign({})), { instanceOf: IssuerUnavailable, message })
  })
}
