import { queryStore } from '../../../../../plugins/exporters/postgres/query/query-store.ts'
import { usePostgres } from '../../../../helpers/postgres-server.ts'
import { type PostgresTables, postgresTables } from '../../../../helpers/postgres-tables.ts'

const { pgTest, server } = usePostgres()

async function ask(
  { config }: Pick<PostgresTables, 'config'>,
  sql: string,
  options: { format?: string; timeoutMs?: number; resultBytesMax?: number } = {},
): Promise<string> {
  const query = { sql, format: 'csv', timeoutMs: 10_000, resultBytesMax: 1_000_000, ...options }
  return Buffer.from(await queryStore(config, query, AbortSignal.timeout(20_000))).toString()
}

pgTest('values are printed as PostgreSQL prints them', async t => {
  const tables = await postgresTables(t, await server.database(), {}, false)
  t.is(
    await ask(
      tables,
      "SELECT 1.10::numeric AS n, true AS b, '\\x01'::bytea AS x, '2026-01-01Z'::timestamptz AS t",
    ),
    'n,b,x,t\n1.10,t,\\x01,2026-01-01 00:00:00+00\n',
  )
  t.is(
    await ask(tables, 'SELECT 9007199254740993 AS n', { format: 'json' }),
    '{"n":9007199254740993}\n',
  )
  t.regex(
    await ask(tables, 'SHOW server_version', { format: 'table' }),
    /server_version\n-+\n .*\n\(1 row\)/,
  )
})

pgTest('nothing can be written', async t => {
  const tables = await postgresTables(t, await server.database())
  for (const sql of [
    'DELETE FROM otel_logs',
    'CREATE TABLE x (a int)',
    'WITH d AS (INSERT INTO otel_logs (timestamp) VALUES (now()) RETURNING *) SELECT * FROM d',
    'COMMIT; CREATE TABLE x (a int)',
    'SELECT 1; DROP TABLE otel_logs',
  ]) {
    const error = await t.throwsAsync(ask(tables, sql))
    t.like(error, { retryable: false }, sql)
  }
  t.deepEqual(await tables.sql("SELECT to_regclass('x') AS x"), [{ x: null }])
})

pgTest('a statement that is wrong says why', async t => {
  const tables = await postgresTables(t, await server.database(), {}, false)
  await t.throwsAsync(ask(tables, 'SELECT nope'), {
    message: /SQLSTATE 42703: column "nope" does not exist/,
  })
  await t.throwsAsync(ask(tables, 'SELECT 1', { format: 'Pretty' }), { message: /not known/ })
})

pgTest('a result that is too large is cut off as it comes', async t => {
  const tables = await postgresTables(t, await server.database(), {}, false)
  await t.throwsAsync(
    ask(tables, "SELECT repeat('x', 1000) FROM pg_class, pg_class AS b, pg_class AS c", {
      resultBytesMax: 5000,
    }),
    { message: /over 5000 bytes: add a LIMIT/ },
  )
})

pgTest('a statement that takes too long is ended by the server', async t => {
  const tables = await postgresTables(t, await server.database(), {}, false)
  const error = await t.throwsAsync(ask(tables, 'SELECT pg_sleep(60)', { timeoutMs: 100 }))
  t.regex(error.message, /statement timeout/)
})

pgTest('COPY, which has no rows, neither hangs nor answers nonsense', async t => {
  const tables = await postgresTables(t, await server.database())
  await t.throwsAsync(ask(tables, 'COPY otel_logs FROM STDIN'))
})
