import type { Migration } from '#core'
import { MIGRATIONS } from '../../../../../plugins/exporters/postgres/schema/migrations.ts'
import { runMigrations } from '../../../../../plugins/exporters/postgres/schema/run-migrations.ts'
import type { SchemaOptions } from '../../../../../plugins/exporters/postgres/schema/schema-options.ts'
import { SchemaError } from '../../../../../src/plugin/readiness.ts'
import { usePostgres } from '../../../../helpers/postgres-server.ts'
import { type PostgresTables, postgresTables } from '../../../../helpers/postgres-tables.ts'

const { pgTest, server } = usePostgres()
const limits = { statementMs: 10_000, lockMs: 5000 }

function run(
  { connections, signal, options }: PostgresTables,
  migrations?: readonly Migration<SchemaOptions>[],
): Promise<string[]> {
  return connections.use(signal, session => runMigrations(session, options, limits, migrations))
}

pgTest('what is wanted is applied once', async t => {
  const tables = await postgresTables(t, await server.database(), {}, false)
  t.deepEqual(await run(tables), ['create_tables'])
  t.deepEqual(await run(tables), [])
})

pgTest('another profile applies what it adds, and new partitions have it', async t => {
  const endpoint = await server.database()
  await postgresTables(t, endpoint)
  const full = await postgresTables(t, endpoint, { index_profile: 'full_text' }, false)
  t.deepEqual(await run(full), ['index_attributes', 'index_body'])
})

pgTest('many processes at once apply each step once, in a schema of their own', async t => {
  const endpoint = await server.database()
  const all = await Promise.all(
    Array.from({ length: 4 }, () => postgresTables(t, endpoint, { schema: 'My Logs' }, false)),
  )
  const applied = await Promise.all(all.map(tables => run(tables)))
  t.deepEqual(applied.flat(), ['create_tables'])
})

pgTest('a step that fails leaves nothing behind', async t => {
  const tables = await postgresTables(t, await server.database(), {}, false)
  const broken: Migration<SchemaOptions> = {
    version: 2,
    name: 'broken',
    isWanted: () => true,
    statements: () => ['CREATE TABLE half (a int)', 'SELEC 1'],
  }
  await t.throwsAsync(run(tables, [MIGRATIONS[0]!, broken]), { code: '42601' })
  t.deepEqual(await tables.sql("SELECT to_regclass('otel_logs') AS a, to_regclass('half') AS b"), [
    { a: null, b: null },
  ])
})

pgTest('a step changed after its release, and one from the future, are for a person', async t => {
  const tables = await postgresTables(t, await server.database(), {}, false)
  await run(tables)
  const changed: Migration<SchemaOptions> = { ...MIGRATIONS[0]!, statements: () => ['SELECT 1'] }
  await t.throwsAsync(run(tables, [changed]), {
    instanceOf: SchemaError,
    message: /step 1 \(create_tables\) of public\.otel_logs was applied with checksum/,
  })
  await t.throwsAsync(run(tables, []), {
    instanceOf: SchemaError,
    message: /newer version of Parsec/,
  })
})

pgTest('a second table of the same schema has steps of its own', async t => {
  const endpoint = await server.database()
  await postgresTables(t, endpoint)
  const other = await postgresTables(t, endpoint, { logs_table_name: 'audit' }, false)
  t.deepEqual(await run(other), ['create_tables'])
})

pgTest('no right to create schemas is needed when there is nothing to create', async t => {
  const endpoint = await server.database()
  const { sql } = await postgresTables(t, endpoint, {}, false)
  await sql('CREATE ROLE writer LOGIN; CREATE SCHEMA logs AUTHORIZATION writer')
  const keys = { schema: 'logs', username: 'writer' }
  t.deepEqual(await run(await postgresTables(t, endpoint, keys, false)), ['create_tables'])
})
