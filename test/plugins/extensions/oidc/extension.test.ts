import { createHmac } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { oidcExtension } from '../../../../plugins/extensions/oidc/index.ts'
import { type RunningAuth, startAuth } from '../../../helpers/auth-extension.ts'
import { authRequest } from '../../../helpers/auth-request.ts'
import { createAuthority, issueCertificate } from '../../../helpers/certificates.ts'
import { startIssuer } from '../../../helpers/oidc-issuer.ts'
import { complaintsOf } from '../../../helpers/plugin-yaml.ts'
import { tempFolder } from '../../../helpers/temp-folder.ts'

const ask = (auth: RunningAuth, token: string) =>
  auth.ask(authRequest({ authorization: `Bearer ${token}` }))
const base64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

test('a token of the issuer is known, with the claims that are asked for', async t => {
  const issuer = await startIssuer(t)
  const yaml = `
issuer_url: ${issuer.url}
audience: parsec
username_claim: email
groups_claim: groups
tenant_claim: org
`
  const auth = await startAuth(t, oidcExtension, yaml)
  const claims = { email: 'a@b', groups: ['x', 'y'], org: 'shop', level: 3, admin: false }
  const who = await ask(auth, await issuer.sign(claims))
  t.like(who, { subject: 'a@b', tenant: 'shop', scopes: undefined })
  const found = typeof who === 'string' ? undefined : who.claims
  t.is(found?.get('membership'), 'x,y')
  t.is(found?.get('claims.level'), '3')
  t.is(found?.get('claims.admin'), 'false')
  t.deepEqual(issuer.paths(), ['/.well-known/openid-configuration', '/keys'])
})

for (const [what, claims, expires, outcome] of [
  ['for somebody else', { aud: 'other' }, '5m', 'invalid'],
  ['for several, us among them', { aud: ['other', 'parsec'] }, '5m', 'checkout'],
  ['without an audience', { aud: undefined }, '5m', 'invalid'],
  ['expired a minute ago', {}, '-1m', 'expired'],
  ['expired a second ago, as clocks differ', {}, '-1s', 'checkout'],
  ['not valid yet', { nbf: Math.floor(Date.now() / 1000) + 600 }, '20m', 'invalid'],
  ['without a subject', { sub: undefined }, '5m', 'invalid'],
  ['of another issuer', { iss: 'http://other.example' }, '5m', 'invalid'],
  ['of nobody', { iss: undefined }, '5m', 'invalid'],
] as const) {
  test(`a token ${what} is ${outcome}`, async t => {
    const issuer = await startIssuer(t)
    const auth = await startAuth(
      t,
      oidcExtension,
      `{ issuer_url: "${issuer.url}", audience: parsec }`,
    )
    const who = await ask(auth, await issuer.sign(claims as object, { expires }))
    t.is(typeof who === 'string' ? who : who.subject, outcome)
  })
}

test('a token that was tampered with, signed with nothing or with a shared secret is invalid', async t => {
  const issuer = await startIssuer(t)
  const auth = await startAuth(
    t,
    oidcExtension,
    `{ issuer_url: "${issuer.url}", audience: parsec }`,
  )
  const good = await issuer.sign({})
  const [header, payload, signature] = good.split('.') as [string, string, string]
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object
  const other = base64({ ...claims, sub: 'admin' })
  const hs256 = `${base64({ alg: 'HS256', kid: 'key-0' })}.${payload}`
  const mac = createHmac('sha256', 'key').update(hs256).digest('base64url')
  const tokens = [
    `${header}.${other}.${signature}`,
    `${base64({ alg: 'none' })}.${payload}.`,
    `${hs256}.${mac}`,
    `${header}.${payload}`,
    'no-token',
    '',
    `${header}.${base64([])}.${signature}`,
  ]
  for (const token of tokens) t.is(await ask(auth, token), 'invalid', token)
  t.true(typeof (await ask(auth, good)) !== 'string')
  const said = JSON.stringify(auth.context.lines)
  t.false(said.includes(signature) || said.includes(payload))
})

test('no token is missing, two are ambiguous', async t => {
  const auth = await startAuth(t, oidcExtension, '{ issuer_url: "http://a", audience: b }')
  t.is(await auth.ask(authRequest()), 'missing')
  t.is(await auth.ask(authRequest({ authorization: ['Bearer a', 'Bearer b'] })), 'ambiguous')
})

test('with a scope claim a sender has the scopes of its token', async t => {
  const issuer = await startIssuer(t)
  const yaml = `{ issuer_url: "${issuer.url}", audience: parsec, scope_claim: scope }`
  const auth = await startAuth(t, oidcExtension, yaml)
  const scopes = async (claims: object) => {
    const who = await ask(auth, await issuer.sign(claims))
    return typeof who === 'string' ? who : [...(who.scopes ?? ['all'])]
  }
  t.deepEqual(await scopes({ scope: 'openid logs:write' }), ['openid', 'logs:write'])
  t.deepEqual(await scopes({ scope: ['logs:write', 7] }), ['logs:write'])
  t.deepEqual(await scopes({}), [])
})

test('several issuers, each with its own keys; a second one over TLS with its own authority', async t => {
  const authority = createAuthority()
  const own = issueCertificate(authority)
  const ca = join(await tempFolder(t), 'ca.pem')
  await writeFile(ca, authority.certPem)
  const first = await startIssuer(t)
  const second = await startIssuer(t, { cert: own.certPem, key: own.keyPem })
  const yaml = `
providers:
  - { issuer_url: "${first.url}", audience: parsec, tenant_claim: org }
  - { issuer_url: "${second.url}", audience: parsec, issuer_ca_path: ${ca} }
`
  const auth = await startAuth(t, oidcExtension, yaml)
  t.like(await ask(auth, await first.sign({ org: 'a' })), { subject: 'checkout', tenant: 'a' })
  t.like(await ask(auth, await second.sign({ org: 'a' })), {
    subject: 'checkout',
    tenant: undefined,
  })
  t.is(await ask(auth, await first.sign({ iss: second.url })), 'invalid')
})

test('while the issuer is down nobody can tell, and the sender is asked to come back', async t => {
  const issuer = await startIssuer(t)
  issuer.isDown = true
  const auth = await startAuth(
    t,
    oidcExtension,
    `{ issuer_url: "${issuer.url}", audience: parsec }`,
  )
  t.is(await ask(auth, await issuer.sign({})), 'unavailable')
})

for (const [yaml, complaint] of [
  ['{}', /^providers: names no provider$/],
  ['{ issuer_url: "http://a" }', /^audience: must be set/],
  ['{ providers: [{ issuer_url: "http://a" }] }', /^providers.0.audience: must be set/],
  ['{ providers: [{ issuer_url: "file:///a", audience: b }] }', /^providers.0.issuer_url/],
  ['{ issuer: a }', /issuer/],
] as const) {
  test(`refused: ${yaml}`, t => {
    t.regex(complaintsOf(oidcExtension, yaml).join('\n'), complaint)
  })
}

test('a file that is not there is an error of the start', async t => {
  const base = 'issuer_url: "http://a", audience: b'
  await t.throwsAsync(startAuth(t, oidcExtension, `{ ${base}, issuer_ca_path: /no/such }`), {
    message: /^extensions::oidc::providers::0::issuer_ca_path: ENOENT/,
  })
  await t.throwsAsync(startAuth(t, oidcExtension, `{ ${base}, public_keys_file: /no/such }`), {
    message: /^extensions::oidc::providers::0::public_keys_file: .*ENOENT/,
  })
})
