import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { sha256 } from '../src/auth/credentials.ts'
import { startParsec } from './helpers/parsec-process.ts'
import { tempFolder } from './helpers/temp-folder.ts'

/*
 * Runs every request of docs/ingest.postman_collection.json against a live server, and compares the
 * answer with the example that is saved beside it.
 */

interface Item {
  readonly name: string
  readonly request: {
    readonly method: string
    readonly url: string
    readonly header: readonly { readonly key: string; readonly value: string }[]
    readonly body?: { readonly raw: string }
  }
  readonly response: readonly [{ readonly code: number; readonly body?: string }]
}

interface Folder {
  readonly name: string
  readonly item: readonly Item[]
}

const collection = JSON.parse(readFileSync('docs/ingest.postman_collection.json', 'utf8')) as {
  readonly item: readonly Folder[]
  readonly variable: readonly { readonly key: string }[]
}
const KEYS = { api_key: 'a good key', expired_key: 'an expired key', reader_key: 'a reader' }

function config(keysFile: string): string {
  return `
extensions:
  api_key: { file: ${JSON.stringify(keysFile)} }
  health_check: { endpoint: "127.0.0.1:0" }
receivers:
  ingest: { endpoint: "127.0.0.1:0", auth: { authenticator: api_key } }
exporters:
  nop:
service:
  extensions: [api_key, health_check]
  telemetry: { metrics: { endpoint: "127.0.0.1:0" }, logs: { encoding: console } }
  pipelines: { logs: { receivers: [ingest], exporters: [nop] } }
`
}

/** Starts Parsec and gives the collection's variables. */
async function start(t: ExecutionContext): Promise<Record<string, string>> {
  const folder = await tempFolder(t)
  const [keysFile, configFile] = [join(folder, 'keys.json'), join(folder, 'config.yaml')]
  const keys = [
    { id: 'good', sha256: sha256(KEYS.api_key).toString('hex'), tenant: 'shop' },
    {
      id: 'old',
      sha256: sha256(KEYS.expired_key).toString('hex'),
      expires: '2020-01-01T00:00:00Z',
    },
    { id: 'reader', sha256: sha256(KEYS.reader_key).toString('hex'), scopes: ['logs:read'] },
  ]
  await writeFile(keysFile, JSON.stringify(keys))
  await writeFile(configFile, config(keysFile))
  const { says } = startParsec(t, ['run', '--config', configFile])
  const url = async (label: RegExp): Promise<string> => {
    const [, found = ''] = await says(new RegExp(`${label.source} +(http://[^/\\s]+)`))
    return found
  }
  return {
    ...KEYS,
    ingest: await url(/receiver ingest/),
    health: await url(/extension health_check/),
    admin: await url(/status/),
  }
}

test('every request of the collection is answered as its example says', async t => {
  const variables = await start(t)
  const fill = (text: string): string =>
    text.replace(/\{\{(\w+)\}\}/g, (_, name: string) => variables[name] ?? `no ${name}`)
  const items = collection.item.flatMap(({ item }) => item)
  t.true(items.length >= 14)
  for (const { name, request, response } of items) {
    const { method, url, header, body } = request
    const answer = await fetch(fill(url), {
      method,
      headers: header.map(({ key, value }): [string, string] => [key, fill(value)]),
      ...(body === undefined ? {} : { body: Buffer.from(fill(body.raw)) }),
    })
    const text = await answer.text()
    const [example] = response
    t.is(answer.status, example.code, `${name}: ${text}`)
    t.is(answer.headers.has('www-authenticate'), answer.status === 401, name)
    if (example.body?.startsWith('{')) isLike(t, JSON.parse(text), JSON.parse(example.body), name)
    else t.true(text.includes(example.body ?? ''), name)
  }
})

test('the collection knows no variable that is not explained', t => {
  const used = new Set(JSON.stringify(collection.item).match(/\{\{\w+\}\}/g))
  const known = collection.variable.map(({ key }) => `{{${key}}}`)
  t.deepEqual([...used].sort(), known.sort())
})

/** Fields of the example are there, with its values; ids, times and messages are others. */
function isLike(t: ExecutionContext, actual: unknown, example: unknown, name: string): void {
  const FREE = ['id', 'why', '2025-11-26T17:18:27.000Z', '0.1.0']
  for (const [key, wanted] of Object.entries(example as Record<string, unknown>)) {
    const found = (actual as Record<string, unknown>)[key]
    t.is(typeof found, typeof wanted, `${name}: ${key}`)
    if (Array.isArray(wanted)) t.true(Array.isArray(found), `${name}: ${key}`)
    else if (typeof wanted === 'object') isLike(t, found, wanted, name)
    else if (!(FREE as readonly unknown[]).includes(wanted))
      t.is<unknown, unknown>(found, wanted, `${name}: ${key}`)
  }
}
