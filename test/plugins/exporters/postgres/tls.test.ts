import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { postgresExporter } from '../../../../plugins/exporters/postgres/index.ts'
import { createTestContext, sampleLogs, type TestContext } from '../../../../src/testing/index.ts'
import { createAuthority, issueCertificate } from '../../../helpers/certificates.ts'
import { usePostgres } from '../../../helpers/postgres-server.ts'
import { tempFolder } from '../../../helpers/temp-folder.ts'

/** TLS and passwords, against a server that demands both. */

const authority = createAuthority()
const { pgTest, server } = usePostgres({
  certificate: issueCertificate(authority, ['db.example']),
  hba: ['hostssl all guest 127.0.0.1/32 scram-sha-256', 'hostnossl all guest 127.0.0.1/32 reject'],
})

const NAME = { server_name_override: 'db.example' }

interface Attempt {
  readonly context: TestContext
  /** The verdict on one batch; undefined = stored. */
  readonly error: Error | undefined
}

async function attempt(
  t: ExecutionContext,
  query: string,
  tls: object = {},
  password = 'hunter2',
): Promise<Attempt> {
  const database = new URL(await server.database())
  await server.sql(
    "DO $$ BEGIN CREATE ROLE guest LOGIN SUPERUSER PASSWORD 'hunter2'; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$",
  )
  const folder = await tempFolder(t)
  const ca = join(folder, 'ca.pem')
  writeFileSync(ca, authority.certPem)
  const context = createTestContext('exporter', 'postgres')
  const exporter = postgresExporter.create(
    postgresExporter.config.parse({
      endpoint: `postgres://127.0.0.1:${server.port}${database.pathname}${query}`,
      username: 'guest',
      password,
      tls: { ca_file: ca, ...tls },
    }),
    context,
  )
  t.teardown(() => exporter.stop?.(AbortSignal.timeout(5000)))
  await exporter.start?.()
  const error = await exporter.consume(sampleLogs(['a']), AbortSignal.timeout(20_000)).then(
    () => undefined,
    (thrown: Error) => thrown,
  )
  t.false(JSON.stringify([context.lines, context.statuses, error?.message]).includes('hunter2'))
  return { context, error }
}

pgTest('the right authority, name and password', async t => {
  const { error } = await attempt(t, '?sslmode=verify-full', NAME)
  t.is(error, undefined)
})

pgTest('a certificate for another name', async t => {
  const { error } = await attempt(t, '?sslmode=require')
  t.regex(error?.message ?? '', /does not match certificate|altnames/)
})

pgTest('unless nobody looks', async t => {
  const { error } = await attempt(t, '?sslmode=require', { insecure_skip_verify: true })
  t.is(error, undefined)
})

pgTest('a server that refuses plain text', async t => {
  const { error } = await attempt(t, '?sslmode=disable')
  t.regex(error?.message ?? '', /SQLSTATE 28000: pg_hba\.conf rejects/)
})

pgTest('a wrong password is said, kept to ourselves, and may be mended', async t => {
  const { error, context } = await attempt(t, '?sslmode=verify-full', NAME, 'wrong')
  t.like(error, { retryable: true, reason: 'not_ready' })
  t.regex(error?.message ?? '', /SQLSTATE 28P01: password authentication failed/)
  t.is(context.statuses.at(-1)?.status, 'recoverable_error')
})
