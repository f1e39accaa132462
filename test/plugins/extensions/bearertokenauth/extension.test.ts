import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { bearerTokenAuthExtension } from '../../../../plugins/extensions/bearertokenauth/index.ts'
import { startAuth } from '../../../helpers/auth-extension.ts'
import { authRequest } from '../../../helpers/auth-request.ts'
import { complaintsOf } from '../../../helpers/plugin-yaml.ts'
import { tempFolder } from '../../../helpers/temp-folder.ts'
import { until } from '../../../helpers/until.ts'

const known = { subject: 'bearertokenauth', tenant: undefined }

for (const [yaml, headers, outcome] of [
  ['token: s3cret', { authorization: 'Bearer s3cret' }, known],
  ['token: s3cret', { authorization: 'bearer s3cret' }, known],
  ['token: s3cret', { authorization: 'Bearer S3cret' }, 'invalid'],
  ['token: s3cret', { authorization: 'Bearer ' }, 'invalid'],
  ['token: s3cret', { authorization: 'Token s3cret' }, 'missing'],
  ['token: s3cret', {}, 'missing'],
  ['token: s3cret', { authorization: ['Bearer s3cret', 'Bearer x'] }, 'ambiguous'],
  ['tokens: [new, old]', { authorization: 'Bearer old' }, known],
  ['{ token: s3cret, scheme: "", header: X-Token }', { 'x-token': 's3cret' }, known],
  [
    '{ token: s3cret, tenant: shop }',
    { authorization: 'Bearer s3cret' },
    { ...known, tenant: 'shop' },
  ],
] as const) {
  test(`${yaml} with ${JSON.stringify(headers)} is ${JSON.stringify(outcome)}`, async t => {
    const auth = await startAuth(t, bearerTokenAuthExtension, yaml)
    t.deepEqual(await auth.ask(authRequest(headers)), outcome)
    t.false(/s3cret/i.test(JSON.stringify(auth.context.lines)))
  })
}

test('clients send the first token', async t => {
  const plain = await startAuth(t, bearerTokenAuthExtension, 'tokens: [new, old]')
  t.deepEqual(plain.headers(), { authorization: 'Bearer new' })
  const own = await startAuth(
    t,
    bearerTokenAuthExtension,
    '{ token: a, scheme: "", header: X-Token }',
  )
  t.deepEqual(own.headers(), { 'x-token': 'a' })
})

test('tokens of a file come and go without a restart', async t => {
  const file = join(await tempFolder(t), 'token')
  await writeFile(file, 'one\n')
  const yaml = `{ filename: ${file}, reload_interval: 5ms }`
  const auth = await startAuth(t, bearerTokenAuthExtension, yaml)
  const ask = (token: string, host: string) =>
    auth.ask(authRequest({ authorization: `Bearer ${token}` }, { host }))
  t.deepEqual(await ask('one', 'a'), known)
  await writeFile(file, '# from 1 May on\ntwo\none\n')
  await until(async () => auth.headers()['authorization'] === 'Bearer two')
  t.deepEqual(await ask('one', 'b'), known)
  t.deepEqual(await ask('two', 'b'), known)
})

for (const [yaml, complaint] of [
  ['{}', /^token: set one of token, tokens and filename$/],
  ['{ token: a, filename: b }', /^token: set one of token, tokens and filename, not several$/],
  ['{ token: "a b" }', /^token: must be printable/],
  ['{ tokens: [] }', /^tokens/],
] as const) {
  test(`refused: ${yaml}`, t => {
    t.regex(complaintsOf(bearerTokenAuthExtension, yaml).join('\n'), complaint)
  })
}

for (const [text, message] of [
  ['', /: there is no token$/],
  ['two words', /: a token must be printable characters without spaces$/],
] as const) {
  test(`a file with ${JSON.stringify(text)} is an error of the start`, async t => {
    const file = join(await tempFolder(t), 'token')
    await writeFile(file, text)
    await t.throwsAsync(startAuth(t, bearerTokenAuthExtension, `filename: ${file}`), { message })
  })
}
