import { DAY_MS } from '../../../../../plugins/exporters/postgres/partitions/day.ts'
import {
  listPartitions,
  type PartitionList,
} from '../../../../../plugins/exporters/postgres/partitions/list-partitions.ts'
import { usePostgres } from '../../../../helpers/postgres-server.ts'
import { type PostgresTables, postgresTables } from '../../../../helpers/postgres-tables.ts'

const { pgTest, server } = usePostgres()

function list({ connections, signal, options }: PostgresTables): Promise<PartitionList> {
  return connections.use(signal, async session => {
    await session.query("SET timezone = 'UTC'")
    return await listPartitions(session, options)
  })
}

const TABLE =
  'CREATE TABLE otel_logs (timestamp timestamptz NOT NULL) PARTITION BY RANGE (timestamp)'

pgTest('every kind of bounds is read, and ours are known', async t => {
  const tables = await postgresTables(t, await server.database(), {}, false)
  const part = (name: string, from: string, to: string): string =>
    `CREATE TABLE ${name} PARTITION OF otel_logs FOR VALUES FROM (${from}) TO (${to})`
  await tables.sql(
    [
      TABLE,
      'CREATE TABLE d PARTITION OF otel_logs DEFAULT',
      part('otel_logs_p20261126', "'2026-11-26Z'", "'2026-11-27Z'"),
      part('otel_logs_p20261127', "'2026-11-27 01:00Z'", "'2026-11-28Z'"),
      part('monthly', "'2026-12-01Z'", "'2027-01-01Z'"),
      part('older', 'MINVALUE', "'1999-01-01Z'"),
      part('newer', "'12026-01-01Z'", 'MAXVALUE'),
    ].join(';'),
  )
  const { partitions, isPartitioned, nowMs } = await list(tables)
  const day = Date.parse('2026-11-26') / DAY_MS
  t.true(isPartitioned)
  t.true(Math.abs(nowMs - Date.now()) < 60_000)
  t.deepEqual(
    partitions.map(({ name, fromMs, toMs, day: own, isDefault }) => [
      name,
      fromMs,
      toMs,
      own,
      isDefault,
    ]),
    [
      ['d', -Infinity, Infinity, undefined, true],
      ['monthly', Date.parse('2026-12-01'), Date.parse('2027-01-01'), undefined, false],
      ['newer', Date.parse('+012026-01-01T00:00:00Z'), Infinity, undefined, false],
      ['older', -Infinity, Date.parse('1999-01-01'), undefined, false],
      ['otel_logs_p20261126', day * DAY_MS, (day + 1) * DAY_MS, day, false],
      ['otel_logs_p20261127', (day + 1) * DAY_MS + 3_600_000, (day + 2) * DAY_MS, undefined, false],
    ],
  )
})

pgTest('no partitions, no partitioned table, and no table at all', async t => {
  const tables = await postgresTables(t, await server.database(), {}, false)
  t.like(await list(tables), { isPartitioned: false, partitions: [] })
  await tables.sql(TABLE)
  t.like(await list(tables), { isPartitioned: true, partitions: [] })
  await tables.sql('DROP TABLE otel_logs; CREATE TABLE otel_logs (timestamp timestamptz)')
  t.like(await list(tables), { isPartitioned: false, partitions: [] })
})
