import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { apiKeyExtension } from '../../../../plugins/extensions/api_key/index.ts'
import { sha256 } from '../../../../src/auth/credentials.ts'
import { loadConfig } from '../../../../src/config/load.ts'
import { startAuth } from '../../../helpers/auth-extension.ts'
import { authRequest } from '../../../helpers/auth-request.ts'
import { complaintsOf } from '../../../helpers/plugin-yaml.ts'
import { tempFolder } from '../../../helpers/temp-folder.ts'
import { until } from '../../../helpers/until.ts'

const hash = (key: string): string => sha256(key).toString('hex')
const ONE = `keys: [{ id: checkout, sha256: ${hash('s3cret')}, tenant: shop }]`
const checkout = { subject: 'checkout', tenant: 'shop', scopes: new Set(['logs:write']) }

for (const [what, headers, outcome] of [
  ['its header', { 'x-api-key': 's3cret' }, checkout],
  ['a bearer token', { authorization: 'Bearer s3cret' }, checkout],
  ['neither', {}, 'missing'],
  ['both', { 'x-api-key': 's3cret', authorization: 'Bearer s3cret' }, 'ambiguous'],
  ['its header twice', { 'x-api-key': ['s3cret', 's3cret'] }, 'ambiguous'],
  ['two bearer tokens', { authorization: ['Bearer s3cret', 'Bearer s3cret'] }, 'ambiguous'],
  ['the wrong case', { 'x-api-key': 'S3CRET' }, 'invalid'],
  ['an empty header', { 'x-api-key': '' }, 'invalid'],
  ['another scheme', { authorization: 'Basic s3cret' }, 'missing'],
] as const) {
  test(`a key as ${what} is ${typeof outcome === 'string' ? outcome : 'known'}`, async t => {
    const auth = await startAuth(t, apiKeyExtension, ONE)
    t.deepEqual(await auth.ask(authRequest(headers)), outcome)
    t.false(JSON.stringify(auth.context.lines).includes('s3cret'))
  })
}

test('keys of a file come and go without a restart, and a broken file changes nothing', async t => {
  const file = join(await tempFolder(t), 'keys.yaml')
  const list = (...ids: string[]): string =>
    ids.map(id => `- { id: ${id}, sha256: ${hash(id)} }\n`).join('')
  await writeFile(file, list('a'))
  const auth = await startAuth(t, apiKeyExtension, `file: ${file}\nreload_interval: 5ms`)
  const knows = async (key: string): Promise<boolean> =>
    typeof (await auth.ask(authRequest({ 'x-api-key': key }, { host: key }))) !== 'string'
  t.true(await knows('a'))
  await writeFile(file, list('a', 'b'))
  await until(() => knows('b'))
  await writeFile(file, '- { id: a }')
  await until(async () => auth.context.lines.some(({ level }) => level === 40))
  t.true(await knows('b'))
  await writeFile(file, list('b'))
  await until(async () => !(await knows('a')))
  t.true(await knows('b'))
})

test('the list may come from the environment', async t => {
  const yaml = `
extensions: { api_key: { keys: "\${env:KEYS}" } }
receivers: { nop: }
exporters: { nop: }
service: { extensions: [api_key], pipelines: { logs: { receivers: [nop], exporters: [nop] } } }
`
  const { plugins } = await import('../../../../plugins/index.ts')
  const KEYS = JSON.stringify([{ id: 'a', sha256: hash('a') }])
  const { config } = await loadConfig({ sources: [`yaml:${yaml}`], plugins, env: { KEYS } })
  t.like(config?.extensions.get('api_key')?.config, { keys: [{ id: 'a' }] })
})

for (const [yaml, complaint] of [
  ['{}', /^keys: without keys and file nobody could send$/],
  ['keys: [{ id: a, sha256: abc }]', /^keys.0.sha256: must be the 64 hex digits/],
  [`keys: [{ id: "a b", sha256: ${hash('a')} }]`, /^keys.0.id: must be 1 to 128/],
  [
    `keys: [{ id: a, sha256: ${hash('a')} }, { id: a, sha256: ${hash('b')} }]`,
    /^keys.1.id: is there twice$/,
  ],
  [
    `keys: [{ id: a, sha256: ${hash('a')} }, { id: b, sha256: ${hash('a')} }]`,
    /^keys.1.sha256: is there twice$/,
  ],
  [`keys: [{ id: a, sha256: ${hash('a')}, expires: tomorrow }]`, /^keys.0.expires/],
] as const) {
  test(`refused: ${yaml.slice(0, 70)} (${complaint.source})`, t => {
    t.regex(complaintsOf(apiKeyExtension, yaml).join('\n'), complaint)
  })
}

test('a file that cannot be used at the start is an error that names the key', async t => {
  const file = join(await tempFolder(t), 'keys.yaml')
  await t.throwsAsync(startAuth(t, apiKeyExtension, `file: ${file}`), {
    message: /^extensions::api_key::file: .*ENOENT/,
  })
  await writeFile(file, '\n')
  await t.throwsAsync(startAuth(t, apiKeyExtension, `file: ${file}`), {
    message: /is empty; \[\] means no keys$/,
  })
  await writeFile(file, `- { id: a, sha256: ${hash('a')}, tennant: x }`)
  await t.throwsAsync(startAuth(t, apiKeyExtension, `file: ${file}`), {
    message: /^extensions::api_key::file: .*: 0: Unrecognized key: "tennant"/,
  })
})
