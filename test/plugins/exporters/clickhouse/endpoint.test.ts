import { resolve } from 'node:path'
import test from 'ava'
import { parseEndpoint } from '../../../../plugins/exporters/clickhouse/endpoint.ts'

const http = test.macro<[text: string, url: string, warning?: RegExp]>({
  exec(t, text, url, warning) {
    const endpoint = parseEndpoint(text)
    if (endpoint.kind !== 'http') return t.fail()
    t.is(endpoint.url.origin, url)
    if (warning) t.regex(endpoint.warning ?? '', warning)
    else t.is(endpoint.warning, undefined)
  },
  title: (_, text, url) => `${text} is ${url}`,
})

test(http, 'http://db:8123', 'http://db:8123')
test(http, 'http://db', 'http://db:8123')
test(http, 'https://db', 'https://db:8443')
test(http, 'tcp://db:9000', 'http://db:8123', /native protocol.*http:\/\/db:8123/)
test(http, 'clickhouse://db:9440', 'https://db:8443', /native protocol/)
test(http, 'tcp://db:9000?secure=true', 'https://db:8123', /native protocol/)

const chdb = test.macro<[text: string, path: string]>({
  exec: (t, text, path) => t.deepEqual(parseEndpoint(text), { kind: 'chdb', path }),
  title: (_, text) => `${text} is a directory`,
})

test(chdb, 'chdb:///var/lib/parsec', '/var/lib/parsec')
test(chdb, 'chdb://./data/store', resolve('data/store'))
test(chdb, 'chdb://.parsec/store', resolve('.parsec/store'))

test('user, password, database and settings may stand in the endpoint', t => {
  const endpoint = parseEndpoint('http://me:p%40ss@db:8123/logs?max_threads=2')
  if (endpoint.kind !== 'http') return t.fail()
  t.like(endpoint, { username: 'me', password: 'p@ss', database: 'logs' })
  t.deepEqual(endpoint.params, { max_threads: '2' })
  t.is(endpoint.url.href, 'http://db:8123/')
})

const refused = test.macro<[text: string, message: RegExp]>({
  exec: (t, text, message) => void t.throws(() => parseEndpoint(text), { message }),
  title: (_, text) => `${text || 'nothing'} is refused with a hint`,
})

test(refused, '', /not a URL: write it as http/)
test(refused, 'localhost:8123', /scheme "localhost:/)
test(refused, 'ftp://db', /scheme "ftp:/)
test(refused, 'tcp://a:9000,b:9000', /several hosts/)
test(refused, 'chdb:///', /names no directory/)
test(refused, 'chdb:/data', /names no directory/)
test(refused, 'chdb:///data?x=1', /no parameters/)

test('a complaint shows no password', t => {
  const error = t.throws(() => parseEndpoint('tcp://me:hunter2@a,b?password=hunter2'))
  t.notRegex(error.message, /hunter2/)
})
