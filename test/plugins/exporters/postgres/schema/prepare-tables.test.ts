import {
  keepTables,
  prepareTables,
} from '../../../../../plugins/exporters/postgres/schema/prepare-tables.ts'
import { createTestContext } from '../../../../../src/testing/index.ts'
import { usePostgres } from '../../../../helpers/postgres-server.ts'
import { postgresTables } from '../../../../helpers/postgres-tables.ts'

const { pgTest, server } = usePostgres()
const PARTITIONS =
  "SELECT count(*)::int AS n FROM pg_inherits WHERE inhparent = 'otel_logs'::regclass"

pgTest('tables and partitions are made, and said', async t => {
  const { config, connections, signal, sql } = await postgresTables(
    t,
    await server.database(),
    { partition_days_ahead: 2, partition_days_behind: 1 },
    false,
  )
  const { logger, lines } = createTestContext('exporter', 'postgres')
  await connections.use(signal, session => prepareTables(session, config, logger))
  // The default one, yesterday, today and two days more.
  t.deepEqual(await sql(PARTITIONS), [{ n: 5 }])
  t.like(lines[0], { msg: 'schema migrated', applied: ['create_tables'] })
})

pgTest('no partition is made that would expire at once', async t => {
  const { sql } = await postgresTables(t, await server.database(), {
    ttl: '24h',
    partition_days_ahead: 1,
  })
  t.deepEqual(await sql(PARTITIONS), [{ n: 4 }])
})

pgTest('create_schema: false makes nothing, and takes what is there', async t => {
  const endpoint = await server.database()
  const keys = { create_schema: false }
  await t.throwsAsync(postgresTables(t, endpoint, keys), { message: /there is no table/ })
  await postgresTables(t, endpoint, { partition_days_behind: 0 })
  const { sql, config, connections, signal } = await postgresTables(t, endpoint, keys)
  const before = await sql(PARTITIONS)
  const { logger } = createTestContext('exporter', 'postgres')
  await connections.use(signal, session => keepTables(session, config, logger))
  t.deepEqual(await sql(PARTITIONS), before)
})

pgTest('upkeep makes and expires partitions, and forgets old batches', async t => {
  const tables = await postgresTables(t, await server.database(), { ttl: '48h' })
  const { config, connections, signal, sql } = tables
  await sql(`CREATE TABLE otel_logs_p20200101 PARTITION OF otel_logs
    FOR VALUES FROM ('2020-01-01 00:00:00+00') TO ('2020-01-02 00:00:00+00');
    INSERT INTO otel_logs_ledger VALUES (gen_random_uuid(), '2020-01-01', 1), (gen_random_uuid(), now(), 2)`)
  const { logger, lines } = createTestContext('exporter', 'postgres')
  await connections.use(signal, session => keepTables(session, config, logger))
  t.like(lines[0], { msg: 'partitions expired', dropped: ['otel_logs_p20200101'] })
  t.deepEqual(await sql('SELECT records FROM otel_logs_ledger'), [{ records: 2 }])
})
