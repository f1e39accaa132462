import {
  expirePartitions,
  pruneLedger,
} from '../../../../../plugins/exporters/postgres/partitions/expire-partitions.ts'
import { usePostgres } from '../../../../helpers/postgres-server.ts'
import { type PostgresTables, postgresTables } from '../../../../helpers/postgres-tables.ts'

const { pgTest, server } = usePostgres()
const limits = { statementMs: 20_000, lockMs: 5000 }
const DAY_MS = 86_400_000
const OLD = `CREATE TABLE otel_logs_p20200101 PARTITION OF otel_logs
  FOR VALUES FROM ('2020-01-01 00:00:00+00') TO ('2020-01-02 00:00:00+00')`

function expire(tables: PostgresTables, ttlMs = 2 * DAY_MS, lockMs = 5000): Promise<string[]> {
  const { connections, signal, options } = tables
  return connections.use(signal, session =>
    expirePartitions(session, options, ttlMs, { ...limits, lockMs }),
  )
}

const BODIES = 'SELECT body FROM otel_logs ORDER BY body'

pgTest('days that ended long enough ago are dropped, and rows aside that are as old', async t => {
  const tables = await postgresTables(t, await server.database())
  await tables.sql(`${OLD}; INSERT INTO otel_logs (timestamp, body) VALUES ('2020-01-01 12:00Z', 'old'),
    ('1970-01-01', 'very old'), (now(), 'today'), ('2200-01-01', 'far')`)
  const dropped = await expire(tables)
  t.is(dropped[0], 'otel_logs_p20200101')
  // The week before today was made as well; all of it but the last two days has ended.
  t.is(dropped.length, 6)
  t.deepEqual(await tables.sql(BODIES), [{ body: 'far' }, { body: 'today' }])
  t.deepEqual(await expire(tables), [])
})

pgTest('partitions of others are never dropped', async t => {
  const tables = await postgresTables(t, await server.database(), { partition_days_behind: 0 })
  await tables.sql(`CREATE TABLE archive PARTITION OF otel_logs FOR VALUES FROM ('2019-01-01Z') TO ('2019-02-01Z');
    CREATE TABLE otel_logs_p20200101 PARTITION OF otel_logs FOR VALUES FROM ('2020-01-01Z') TO ('2020-03-01Z');
    CREATE TABLE otel_logs_p20180101 (LIKE otel_logs)`)
  t.deepEqual(await expire(tables), [])
})

pgTest('what was taken off but not dropped yet is dropped the next time', async t => {
  const tables = await postgresTables(t, await server.database(), { partition_days_behind: 0 })
  await tables.sql(OLD)
  // A reader of the partition alone holds up the drop, not the detaching.
  await tables.connections.use(tables.signal, async reader => {
    await tables.sql('ALTER TABLE otel_logs DETACH PARTITION otel_logs_p20200101')
    await tables.sql("COMMENT ON TABLE otel_logs_p20200101 IS 'parsec: expired, to be dropped'")
    await reader.query('BEGIN; SELECT * FROM otel_logs_p20200101')
    await t.throwsAsync(expire(tables, 2 * DAY_MS, 100), { code: '55P03' })
    await reader.query('COMMIT')
  })
  t.deepEqual(await expire(tables), ['otel_logs_p20200101'])
})

pgTest(
  'a long query holds up the detaching, but not inserts for longer than the lock timeout',
  async t => {
    const tables = await postgresTables(t, await server.database(), { partition_days_behind: 0 })
    await tables.sql(OLD)
    await tables.connections.use(tables.signal, async reader => {
      await reader.query(`BEGIN; ${BODIES}`)
      const expiring = expire(tables, 2 * DAY_MS, 300)
      const inserted = tables.sql("INSERT INTO otel_logs (timestamp, body) VALUES (now(), 'new')")
      await t.throwsAsync(expiring, { code: '55P03' })
      await inserted
      await reader.query('COMMIT')
    })
    t.deepEqual(await expire(tables), ['otel_logs_p20200101'])
    t.deepEqual(await tables.sql(BODIES), [{ body: 'new' }])
  },
)

pgTest('batches are forgotten when the window has passed', async t => {
  const tables = await postgresTables(t, await server.database())
  const { connections, signal, options, sql } = tables
  await sql(`INSERT INTO otel_logs_ledger SELECT gen_random_uuid(), now() - interval '2 hours', 1 FROM generate_series(1, 25000);
    INSERT INTO otel_logs_ledger VALUES (gen_random_uuid(), now() - interval '30 minutes', 2)`)
  await connections.use(signal, session => pruneLedger(session, options, 3_600_000, limits))
  t.deepEqual(await sql('SELECT records FROM otel_logs_ledger'), [{ records: 2 }])
})
