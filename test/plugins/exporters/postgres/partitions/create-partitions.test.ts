import test from 'ava'
import {
  createPartitions,
  type DayWindow,
  missingDays,
} from '../../../../../plugins/exporters/postgres/partitions/create-partitions.ts'
import {
  DAY_MS,
  dayOf,
  partitionName,
} from '../../../../../plugins/exporters/postgres/partitions/day.ts'
import { runMigrations } from '../../../../../plugins/exporters/postgres/schema/run-migrations.ts'
import { usePostgres } from '../../../../helpers/postgres-server.ts'
import { type PostgresTables, postgresTables } from '../../../../helpers/postgres-tables.ts'

const { pgTest, server } = usePostgres()
const limits = { statementMs: 20_000, lockMs: 5000 }
const WINDOW: DayWindow = { daysBehind: 1, daysAhead: 2 }

function create(tables: PostgresTables, window = WINDOW, lockMs = 5000): Promise<string[]> {
  const { connections, signal, options } = tables
  return connections.use(signal, session =>
    createPartitions(session, options, window, { ...limits, lockMs }),
  )
}

/** Tables without any partition. */
async function bare(
  t: Parameters<typeof postgresTables>[0],
  keys: object = {},
): Promise<PostgresTables> {
  const tables = await postgresTables(t, await server.database(), keys, false)
  const { connections, signal, options } = tables
  await connections.use(signal, session => runMigrations(session, options, limits))
  return tables
}

/** The name of the partition `days` from today, by the clock that the server has as well. */
function named(days: number): string {
  return partitionName('otel_logs', dayOf(Date.now()) + days)
}

pgTest('the default partition and the days around today, today first', async t => {
  const tables = await bare(t)
  t.deepEqual(await create(tables), ['otel_logs_default', named(0), named(1), named(2), named(-1)])
  t.deepEqual(await create(tables), [])
  t.deepEqual(await create(tables, { daysBehind: 1, daysAhead: 3 }), [named(3)])
})

pgTest('many processes at once make each partition once', async t => {
  const tables = await bare(t)
  const made = await Promise.all([create(tables), create(tables), create(tables)])
  t.is(made.flat().length, 5)
  t.is(new Set(made.flat()).size, 5)
})

pgTest('rows that came before their partition are moved into it, others stay aside', async t => {
  const tables = await bare(t)
  await create(tables, { daysBehind: 0, daysAhead: 0 })
  await tables.sql(`INSERT INTO otel_logs (timestamp, body) VALUES
    (now() + interval '1 day', 'tomorrow'), (now(), 'today'), ('1970-01-01', 'old'), ('2200-01-01', 'far')`)
  const where = 'SELECT tableoid::regclass::text AS place, body FROM otel_logs ORDER BY body'
  t.deepEqual(await tables.sql(where), [
    { place: 'otel_logs_default', body: 'far' },
    { place: 'otel_logs_default', body: 'old' },
    { place: named(0), body: 'today' },
    { place: 'otel_logs_default', body: 'tomorrow' },
  ])
  await create(tables, { daysBehind: 0, daysAhead: 1 })
  t.deepEqual((await tables.sql(where)).at(-1), { place: named(1), body: 'tomorrow' })
  t.is((await tables.sql(where)).length, 4)
})

pgTest(
  'inserts go on while a partition waits for the default one, which gives up in time',
  async t => {
    const tables = await bare(t)
    await create(tables, { daysBehind: 0, daysAhead: 0 })
    await tables.connections.use(tables.signal, async writer => {
      await writer.query("BEGIN; INSERT INTO otel_logs (timestamp) VALUES ('1970-01-01')")
      const making = create(tables, WINDOW, 300)
      await tables.sql('INSERT INTO otel_logs (timestamp) VALUES (now())')
      await t.throwsAsync(making, { code: '55P03' })
      await writer.query('COMMIT')
    })
    t.is((await create(tables)).length, 3)
  },
)

pgTest('partitions of others are kept, and their days left to them', async t => {
  const tables = await bare(t)
  const noon = new Date((dayOf(Date.now()) + 0.5) * DAY_MS).toISOString()
  await tables.sql(
    `CREATE TABLE mine PARTITION OF otel_logs FOR VALUES FROM ('2000-01-01') TO ('${noon}')`,
  )
  t.deepEqual(await create(tables), ['otel_logs_default', named(1), named(2)])
})

pgTest('an index added since is on the partitions made from then on', async t => {
  const tables = await bare(t)
  await create(tables)
  const full = await postgresTables(
    t,
    tables.config.endpoint,
    { index_profile: 'full_text' },
    false,
  )
  await full.connections.use(full.signal, session => runMigrations(session, full.options, limits))
  await create(tables, { daysBehind: 1, daysAhead: 3 })
  const rows = await tables.sql(
    `SELECT count(*)::int AS n FROM pg_indexes WHERE tablename = '${named(3)}' AND indexdef LIKE '%gin%'`,
  )
  t.deepEqual(rows, [{ n: 3 }])
})

pgTest('a table that is not partitioned is left as it is', async t => {
  const tables = await postgresTables(t, await server.database(), {}, false)
  await tables.sql('CREATE TABLE otel_logs (timestamp timestamptz)')
  t.deepEqual(await create(tables), [])
})

test('a day that is covered in part is left alone', t => {
  const nowMs = 100 * DAY_MS + 5
  const partitions = [
    { name: 'd', isDefault: true, fromMs: -Infinity, toMs: Infinity, day: undefined },
    { name: 'x', isDefault: false, fromMs: 101 * DAY_MS + 1, toMs: 102 * DAY_MS, day: undefined },
  ]
  const list = { nowMs, partitions, isPartitioned: true }
  t.deepEqual(missingDays(list, { daysBehind: 2, daysAhead: 2 }), [100, 102, 99, 98])
})
