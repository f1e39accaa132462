import type { ExecutionContext } from 'ava'
import { checkTables } from '../../../../../plugins/exporters/postgres/schema/table-columns.ts'
import { SchemaError } from '../../../../../src/plugin/readiness.ts'
import { usePostgres } from '../../../../helpers/postgres-server.ts'
import { postgresTables } from '../../../../helpers/postgres-tables.ts'

const { pgTest, server } = usePostgres()

async function check(t: ExecutionContext, change: string): Promise<void> {
  const { connections, signal, options, sql } = await postgresTables(t, await server.database())
  await sql(change)
  await connections.use(signal, session => checkTables(session, options))
}

pgTest('what was made fits, and columns of the operator are his', async t => {
  await check(
    t,
    "ALTER TABLE otel_logs ADD host text GENERATED ALWAYS AS (resource_attributes->>'host.name') STORED",
  )
  await check(t, 'ALTER TABLE otel_logs ALTER scope_name TYPE varchar(500)')
  t.pass()
})

pgTest('a table that is not there', async t => {
  await t.throwsAsync(check(t, 'DROP TABLE otel_logs'), {
    instanceOf: SchemaError,
    message: /there is no table public\.otel_logs: see "parsec print-ddl"/,
  })
})

pgTest('columns that are missing are named together', async t => {
  await t.throwsAsync(check(t, 'ALTER TABLE otel_logs DROP body, DROP span_id'), {
    instanceOf: SchemaError,
    message: /has no column span_id, body:/,
  })
})

pgTest('a column of another type', async t => {
  await t.throwsAsync(
    check(t, 'ALTER TABLE otel_logs DROP log_attributes, ADD log_attributes json'),
    {
      instanceOf: SchemaError,
      message: /column log_attributes of public\.otel_logs is json, and must be jsonb/,
    },
  )
})

pgTest('the ledger is looked at, too', async t => {
  await t.throwsAsync(check(t, 'ALTER TABLE otel_logs_ledger DROP fault'), {
    instanceOf: SchemaError,
    message: /otel_logs_ledger has no column fault/,
  })
})
