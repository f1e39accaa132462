import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { basicAuthExtension } from '../../../../plugins/extensions/basicauth/index.ts'
import { startAuth } from '../../../helpers/auth-extension.ts'
import { authRequest, basic } from '../../../helpers/auth-request.ts'
import { complaintsOf, sampleConfigs } from '../../../helpers/plugin-yaml.ts'
import { tempFolder } from '../../../helpers/temp-folder.ts'
import { until } from '../../../helpers/until.ts'

const USERS = `
htpasswd: { inline: "checkout:s3cret\\nmailer:p:w" }
tenants: { checkout: shop }
`
const identity = (user: string, tenant?: string) => ({
  subject: user,
  tenant,
  claims: new Map([['username', user]]),
})

for (const [what, header, outcome] of [
  ['a user', basic('checkout', 's3cret'), identity('checkout', 'shop')],
  ['a password with a colon', basic('mailer', 'p:w'), identity('mailer')],
  ['the scheme in lower case', basic('mailer', 'p:w').replace('B', 'b'), identity('mailer')],
  ['a wrong password', basic('checkout', 'S3cret'), 'invalid'],
  ['a wrong user', basic('Checkout', 's3cret'), 'invalid'],
  ['no colon', `Basic ${Buffer.from('checkout').toString('base64')}`, 'invalid'],
  ['no base64', 'Basic \u00ff\u00ff', 'invalid'],
  ['a user like a key of every object', basic('__proto__', ''), 'invalid'],
  ['another scheme', 'Bearer s3cret', 'missing'],
  ['two headers', [basic('checkout', 's3cret'), basic('mailer', 'p:w')], 'ambiguous'],
] as const) {
  test(`${what} is ${typeof outcome === 'string' ? outcome : 'known'}`, async t => {
    const auth = await startAuth(t, basicAuthExtension, USERS)
    t.deepEqual(await auth.ask(authRequest({ authorization: header })), outcome)
    t.false(/s3cret/i.test(JSON.stringify(auth.context.lines)))
  })
}

test('a file is read again as it changes', async t => {
  const file = join(await tempFolder(t), 'htpasswd')
  await writeFile(file, 'a:one')
  const yaml = `htpasswd: { file: ${file}, inline: "b:two" }\nreload_interval: 5ms`
  const auth = await startAuth(t, basicAuthExtension, yaml)
  let client = 0
  const knows = async (user: string, password: string): Promise<boolean> => {
    const request = authRequest({ authorization: basic(user, password) }, { host: `${client++}` })
    return typeof (await auth.ask(request)) !== 'string'
  }
  t.true(await knows('a', 'one'))
  t.true(await knows('b', 'two'))
  await writeFile(file, 'a:three')
  await until(() => knows('a', 'three'))
  t.false(await knows('a', 'one'))
  t.true(await knows('b', 'two'))
})

test('client_auth gives the header, with a password of a file as it is now', async t => {
  const file = join(await tempFolder(t), 'password')
  await writeFile(file, 'one\n')
  const yaml = `client_auth: { username: parsec, password_file: ${file} }\nreload_interval: 5ms`
  const auth = await startAuth(t, basicAuthExtension, yaml)
  t.deepEqual(auth.headers(), { authorization: basic('parsec', 'one') })
  await writeFile(file, 'two\n')
  await until(async () => auth.headers()['authorization'] === basic('parsec', 'two'))
  t.pass()
})

test('the sample is one for each side', t => {
  t.deepEqual([...sampleConfigs(basicAuthExtension).keys()], ['basicauth', 'basicauth/client'])
})

for (const [yaml, complaint] of [
  ['{}', /^htpasswd: set htpasswd \(for receivers\) or client_auth/],
  ['{ htpasswd: {} }', /^htpasswd.inline: set file, inline or both/],
  ['{ htpasswd: { inline: "a:b" }, client_auth: { username: a } }', /^htpasswd: set htpasswd/],
  ['{ client_auth: { password: a } }', /^client_auth.username: set username/],
] as const) {
  test(`refused: ${yaml}`, t => {
    t.regex(complaintsOf(basicAuthExtension, yaml).join('\n'), complaint)
  })
}

test('users that cannot be read are an error of the start, without their passwords', async t => {
  const yaml = 'htpasswd: { inline: "s3cret" }'
  await t.throwsAsync(startAuth(t, basicAuthExtension, yaml), {
    message: 'extensions::basicauth::htpasswd::inline: line 1 is not user:hash',
  })
})
