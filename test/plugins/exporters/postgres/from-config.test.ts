import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type PeerCertificate } from 'node:tls'
import test from 'ava'
import { postgresConfig } from '../../../../plugins/exporters/postgres/config.ts'
import { type ConnectionOptions } from '../../../../plugins/exporters/postgres/connections.ts'
import { parseEndpoint } from '../../../../plugins/exporters/postgres/endpoint.ts'
import {
  connectionOptions,
  createPostgresExporter,
  printDdl,
} from '../../../../plugins/exporters/postgres/from-config.ts'
import { postgresExporter } from '../../../../plugins/exporters/postgres/index.ts'
import { createTestContext } from '../../../../src/testing/index.ts'
import { createAuthority } from '../../../helpers/certificates.ts'
import { complaintsOf, sampleConfigs } from '../../../helpers/plugin-yaml.ts'
import { tempFolder } from '../../../helpers/temp-folder.ts'

function optionsOf(endpoint: string, keys: object = {}): ConnectionOptions {
  return connectionOptions(postgresConfig.parse({ endpoint, ...keys }), parseEndpoint(endpoint))
}

test('keys win over the endpoint, the endpoint over the defaults', t => {
  t.like(optionsOf('postgres://localhost'), {
    username: 'postgres',
    password: '',
    database: 'postgres',
    applicationName: 'parsec',
    connectionsMax: 11,
  })
  const endpoint = 'postgres://me:secret@localhost/logs?application_name=edge'
  t.like(optionsOf(endpoint), {
    username: 'me',
    password: 'secret',
    database: 'logs',
    applicationName: 'edge',
  })
  const keys = { username: 'you', password: 'other', database: 'db' }
  t.like(optionsOf(endpoint, keys), keys)
})

const hasTls = test.macro((t, endpoint: string, keys: object, expected: boolean) => {
  t.is(optionsOf(endpoint, keys).tls !== undefined, expected)
})

test('no TLS on this machine', hasTls, 'postgres://localhost', {}, false)
test('TLS to any other', hasTls, 'postgres://db', {}, true)
test('unless it is not wanted', hasTls, 'postgres://db', { tls: { insecure: true } }, false)
test('unless the endpoint says no', hasTls, 'postgres://db?sslmode=disable', {}, false)
test('TLS on this machine, too', hasTls, 'postgres://localhost?sslmode=require', {}, true)

test('the server has to show the name that is asked for', async t => {
  const folder = await tempFolder(t)
  const ca = join(folder, 'ca.pem')
  writeFileSync(ca, createAuthority().certPem)
  const tls = { ca_file: ca, server_name_override: 'other.example' }
  const options = optionsOf('postgres://db', { tls }).tls
  const cert = { subject: { CN: 'x' }, subjectaltname: 'DNS:other.example' } as PeerCertificate
  t.is(options?.checkServerIdentity?.('db', cert), undefined)
  const wrong = { subject: { CN: 'x' }, subjectaltname: 'DNS:db' } as PeerCertificate
  t.truthy(options?.checkServerIdentity?.('db', wrong))
})

test('a TLS file that is not there stops the start', t => {
  const config = postgresConfig.parse({ endpoint: 'postgres://db', tls: { ca_file: '/nowhere' } })
  const context = createTestContext('exporter', 'postgres')
  t.throws(() => createPostgresExporter(config, context), { message: /ca_file/ })
})

test('what does nothing is said', t => {
  const context = createTestContext('exporter', 'postgres')
  const keys = {
    endpoint: 'postgres://localhost?connect_timeout=5',
    ttl: '1h',
    create_schema: false,
  }
  createPostgresExporter(postgresConfig.parse(keys), context)
  t.deepEqual(
    context.lines.map(line => line['msg']),
    [
      'parameters of the endpoint without a meaning here',
      'ttl does nothing with create_schema: false: expire the partitions yourself',
    ],
  )
})

test('the schema of a config can be printed', t => {
  const config = postgresConfig.parse({ endpoint: 'postgres://db', logs_table_name: 'audit' })
  t.regex(printDdl(config), /CREATE TABLE IF NOT EXISTS "public"."audit" \(/)
})

test('the sample is a config', t => {
  t.like(sampleConfigs(postgresExporter).get('postgres'), { ttl: 720 * 3_600_000 })
})

const complains = test.macro((t, yaml: string, complaint: RegExp) => {
  t.regex(complaintsOf(postgresExporter, yaml).join('\n'), complaint)
})

test('no endpoint', complains, '{}', /endpoint/)
test('an endpoint that is none', complains, 'endpoint: db:5432', /endpoint: .*(?:URL|known)/)
test(
  'a table name in capitals',
  complains,
  '{endpoint: "postgres://db", logs_table_name: Logs}',
  /lower-case/,
)
test(
  'a table name that is too long',
  complains,
  `{endpoint: "postgres://db", logs_table_name: ${'x'.repeat(51)}}`,
  /logs_table_name/,
)
test(
  'a window that is too short',
  complains,
  '{endpoint: "postgres://db", dedup_window: 1m}',
  /under 1h/,
)
test(
  'a key that is not known',
  complains,
  '{endpoint: "postgres://db", async_insert: true}',
  /async_insert/,
)
