import type { ExecutionContext } from 'ava'
import { LOG_COLUMNS } from '../../../../../plugins/exporters/postgres/copy/log-columns.ts'
import { BODY_WORDS } from '../../../../../plugins/exporters/postgres/schema/logs-table.ts'
import { usePostgres } from '../../../../helpers/postgres-server.ts'
import { postgresTables } from '../../../../helpers/postgres-tables.ts'

const { pgTest, server } = usePostgres()

/** The plan of a query when scans of whole tables are dear. */
async function explain(t: ExecutionContext, profile: string, where: string): Promise<string> {
  const keys = { index_profile: profile }
  const { connections, signal } = await postgresTables(t, await server.database(), keys)
  return await connections.use(signal, async session => {
    await session.query('SET enable_seqscan = off')
    const { rows } = await session.query<Record<string, unknown>>(
      `EXPLAIN SELECT * FROM otel_logs WHERE ${where}`,
    )
    return rows.map(row => String(row['QUERY PLAN'])).join('\n')
  })
}

pgTest('every column that is written is there, with its type', async t => {
  const { sql } = await postgresTables(t, await server.database())
  const rows = await sql(
    "SELECT attname AS name, format_type(atttypid, NULL) AS type FROM pg_attribute WHERE attrelid = 'otel_logs'::regclass AND attnum > 0",
  )
  t.deepEqual(Object.fromEntries(rows.map(row => [row['name'], row['type']])), LOG_COLUMNS)
})

pgTest('lean: by service and time, by time, by trace', async t => {
  t.regex(await explain(t, 'lean', "service_name = 'x'"), /service_name_timestamp_idx/)
  t.regex(await explain(t, 'lean', "trace_id = '\\x01'"), /trace_id_idx/)
  t.regex(await explain(t, 'lean', 'timestamp > now()'), /timestamp_idx/)
})

pgTest('attributes: by what they hold', async t => {
  const where = `log_attributes @> '{"user.id": 7}'`
  t.regex(await explain(t, 'attributes', where), /log_attributes_idx/)
  t.notRegex(await explain(t, 'lean', where), /log_attributes_idx/)
})

pgTest('full_text: by the words of the body', async t => {
  const where = `${BODY_WORDS} @@ websearch_to_tsquery('simple', 'time out')`
  t.regex(await explain(t, 'full_text', where), /to_tsvector_idx/)
})

pgTest('a body of a megabyte of words can be indexed', async t => {
  const { sql } = await postgresTables(t, await server.database(), { index_profile: 'full_text' })
  await sql(
    "INSERT INTO otel_logs (timestamp, body) SELECT now(), string_agg(md5(i::text), ' ') FROM generate_series(1, 100000) AS i",
  )
  t.like((await sql('SELECT count(*)::int AS n FROM otel_logs'))[0], { n: 1 })
})
