import test from 'ava'
import {
  type ClickHouseConfig,
  clickHouseConfig,
} from '../../../../../plugins/exporters/clickhouse/config.ts'
import { parseEndpoint } from '../../../../../plugins/exporters/clickhouse/endpoint.ts'
import {
  databaseOf,
  type HttpOptions,
  httpOptions,
} from '../../../../../plugins/exporters/clickhouse/http/options.ts'

function optionsOf(keys: object): { options: HttpOptions; warnings: string[] } {
  const config: ClickHouseConfig = clickHouseConfig.parse({ endpoint: 'http://db', ...keys })
  const endpoint = parseEndpoint(config.endpoint)
  if (endpoint.kind !== 'http') throw new Error('not http')
  const warnings: string[] = []
  const options = httpOptions(config, endpoint, message => warnings.push(message))
  return { options, warnings }
}

test('the defaults are a plain, uncompressed connection of the default user', t => {
  const { options, warnings } = optionsOf({})
  t.like(options, {
    database: 'default',
    username: 'default',
    password: '',
    timeoutMs: 30_000,
    connectionsMax: 10,
    compression: false,
    settings: {},
    agent: undefined,
  })
  t.deepEqual(warnings, [])
})

test('keys win over the endpoint, the endpoint over the defaults', t => {
  const endpoint = 'http://me:secret@db:8123/logs?max_threads=2'
  t.like(optionsOf({ endpoint }).options, { username: 'me', password: 'secret', database: 'logs' })
  const keys = { endpoint, username: 'you', password: 'other', database: 'metrics' }
  t.like(optionsOf(keys).options, { username: 'you', password: 'other', database: 'metrics' })
  t.is(databaseOf(clickHouseConfig.parse({ endpoint }), {}), 'default')
})

test("settings go to the server, parameters of the Collector's driver do not", t => {
  const { options, warnings } = optionsOf({
    endpoint: 'tcp://db:9000?dial_timeout=10s',
    connection_params: { max_threads: 4, compress: 'lz4' },
  })
  t.deepEqual(options.settings, { max_threads: '4' })
  t.regex(warnings.join('\n'), /native protocol.*\n.*dial_timeout.*\n.*compress/)
})

const compress = test.macro<[value: unknown, codec: string | false, warning?: RegExp]>({
  exec(t, value, codec, warning) {
    const { options, warnings } = optionsOf({ compress: value })
    t.deepEqual(options.compression, codec === false ? false : ({ codec } as never))
    if (warning) t.regex(warnings.join(), warning)
    else t.deepEqual(warnings, [])
  },
  title: (_, value, codec) => `compress: ${String(value)} sends ${codec || 'plain'}`,
})

test(compress, 'none', false)
test(compress, false, false)
test(compress, true, 'gzip')
test(compress, 'gzip', 'gzip')
test(compress, 'br', 'br')
test(compress, 'deflate', 'gzip', /deflate is not available/)
test(compress, 'lz4', false, /lz4 is not available/)

test('an https endpoint gets its TLS keys, a file that is missing is named', t => {
  const { agent } = optionsOf({
    endpoint: 'https://db',
    tls: { insecure_skip_verify: true },
  }).options
  t.is((agent as { options?: { rejectUnauthorized?: boolean } }).options?.rejectUnauthorized, false)
  t.throws(() => optionsOf({ endpoint: 'https://db', tls: { ca_file: '/no/such.pem' } }), {
    message: /ca_file.*\/no\/such\.pem/,
  })
})
