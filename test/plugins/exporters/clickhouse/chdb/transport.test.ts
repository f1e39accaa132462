import { readdir } from 'node:fs/promises'
import test from 'ava'
import { clickHouseExporter } from '../../../../../plugins/exporters/clickhouse/index.ts'
import { encodeBlock } from '../../../../../plugins/exporters/clickhouse/native/encode-block.ts'
import { buildLogs } from '../../../../../src/otlp/build-logs.ts'
import { decodeLogs } from '../../../../../src/otlp/decode-logs.ts'
import type { Exporter } from '../../../../../src/plugin/component.ts'
import { createTestContext } from '../../../../../src/testing/index.ts'
import { embeddedStore } from '../../../../helpers/embedded-store.ts'
import { EVERY_FIELD, EVERY_FIELD_ROW } from '../../../../helpers/every-field.ts'
import { field, requestWithRecord } from '../../../../helpers/otlp-parts.ts'
import { until } from '../../../../helpers/until.ts'

/*
 * Against the real engine, embedded. It opens one directory a process, so the tests share one store
 * and run one after another, each in tables of its own.
 */

const { path, transport } = await embeddedStore()
const context = { requestId: 'test' }
const signal = new AbortController().signal

async function exporterFor(table: string, keys: object = {}): Promise<Exporter> {
  const config = clickHouseExporter.config.parse({
    endpoint: `chdb://${path}`,
    logs_table_name: table,
    ...keys,
  })
  const exporter = clickHouseExporter.create(config, createTestContext('exporter', 'clickhouse'))
  await exporter.start?.()
  return exporter
}

const countOf = async (table: string): Promise<number> => {
  const [row] = await transport.select(`SELECT count() AS n FROM ${table}`, signal)
  return Number(row?.['n'])
}

test.serial('every field of a record is read back as it was sent', async t => {
  const exporter = await exporterFor('every_field')
  const before = Date.now()
  await exporter.consume(buildLogs(EVERY_FIELD, context), signal)
  const rows = await transport.select('SELECT * FROM every_field ORDER BY Body DESC', signal)
  t.is(rows.length, 2)
  t.deepEqual(rows[0] as unknown, EVERY_FIELD_ROW)
  t.like(rows[1], { TraceId: '', Body: '', ServiceName: '', SeverityNumber: 0, LogAttributes: {} })
  const received = Date.parse(`${String(rows[1]?.['Timestamp']).replace(' ', 'T').slice(0, 23)}Z`)
  t.true(received >= before - 1 && received <= Date.now())
  await exporter.stop?.(signal)
})

test.serial('bytes that are no UTF-8 are stored as they are', async t => {
  const exporter = await exporterFor('no_utf8')
  const body = Buffer.from('ff00f07f80', 'hex')
  const { batch } = decodeLogs(requestWithRecord(field(0x2a, field(0x0a, body))), context)
  await exporter.consume(batch, signal)
  const rows = await transport.select('SELECT hex(Body) AS body FROM no_utf8', signal)
  t.deepEqual(rows, [{ body: 'FF00F07F80' }])
  await exporter.stop?.(signal)
})

test.serial('times before 1970 and far ahead are kept', async t => {
  const exporter = await exporterFor('times', { ttl: '175200h' })
  const times = [-1n, 2n ** 63n - 1n, 4_102_444_800_000_000_000n]
  const records = times.map(timeUnixNano => ({ timeUnixNano }))
  await exporter.consume(buildLogs([{ records }], context), signal)
  const rows = await transport.select(
    'SELECT toString(toUnixTimestamp64Nano(Timestamp)) AS at FROM times ORDER BY Timestamp',
    signal,
  )
  t.true(rows.map(row => row['at']).includes(String(2n ** 63n - 1n)))
  t.true(rows.map(row => row['at']).includes('4102444800000000000'))
  await exporter.stop?.(signal)
})

test.serial('the same batch sent twice is stored once, equal batches are stored both', async t => {
  const exporter = await exporterFor('dedup')
  const batch = buildLogs([{ records: [{ timeUnixNano: 1n, body: 'same' }] }], context)
  for (const origin of ['q/1', 'q/1', 'q/2', undefined, undefined]) {
    await exporter.consume(batch.with({ origin }), signal)
  }
  t.is(await countOf('dedup'), 4)
  await exporter.stop?.(signal)
})

test.serial('a batch of 250 days goes in whole, and again only once', async t => {
  // A day is a partition, and syncing so many takes seconds: this table does not.
  await transport.command(
    'CREATE TABLE days (Timestamp DateTime64(9), Body String) ENGINE = MergeTree PARTITION BY toDate(Timestamp) ORDER BY Timestamp SETTINGS non_replicated_deduplication_window = 1000',
    signal,
  )
  const exporter = await exporterFor('days', { create_schema: false })
  const records = Array.from({ length: 250 }, (_, i) => ({
    timeUnixNano: BigInt(i + 1) * 86_400_000_000_000n,
  }))
  const batch = buildLogs([{ records }], context).with({ origin: 'q/1' })
  for (let i = 0; i < 2; i++) await exporter.consume(batch, signal)
  t.is(await countOf('days'), 250)
  await exporter.stop?.(signal)
})

test.serial('the full-text profile can be taken later, and its indexes answer', async t => {
  await (await exporterFor('texts')).stop?.(signal)
  const exporter = await exporterFor('texts', { index_profile: 'full_text' })
  const records = [{ timeUnixNano: 1n, body: 'Payment FAILED', attributes: { 'user.id': 'u1' } }]
  await exporter.consume(buildLogs([{ records }], context), signal)
  const [row] = await transport.select(
    "SELECT count() AS n FROM texts WHERE hasAllTokens(lower(Body), 'failed') AND has(LogAttributeItems, 'user.id=u1')",
    signal,
  )
  t.is(Number(row?.['n']), 1)
  const applied = await transport.select(
    "SELECT version FROM parsec_migrations WHERE table = 'texts' ORDER BY version",
    signal,
  )
  t.deepEqual(
    applied.map(({ version }) => version),
    [1, 2],
  )
  await exporter.stop?.(signal)
})

test.serial('two exporters that start at once make one schema', async t => {
  const exporters = await Promise.all([exporterFor('twice'), exporterFor('twice')])
  for (const exporter of exporters) {
    await exporter.consume(buildLogs([{ records: [{}] }], context), signal)
  }
  t.is(await countOf('twice'), 2)
  for (const exporter of exporters) await exporter.stop?.(signal)
})

test.serial(
  "a table of the Collector's older exporter is written with the columns it has",
  async t => {
    await transport.command(
      'CREATE TABLE older (Timestamp DateTime64(9), TimestampTime DateTime DEFAULT toDateTime(Timestamp), Body String, LogAttributes Map(LowCardinality(String), String)) ENGINE = MergeTree ORDER BY Timestamp',
      signal,
    )
    const exporter = await exporterFor('older', { create_schema: false })
    await exporter.consume(buildLogs(EVERY_FIELD, context), signal)
    t.is(await countOf("older WHERE LogAttributes['int'] = '-42'"), 1)
    await exporter.stop?.(signal)
  },
)

test.serial('an insert leaves no file, whether it worked or not', async t => {
  const block = encodeBlock(buildLogs([{ records: [{}] }], context), { fallbackNanos: 1n })
  const insert = { table: '`no_such_table`', columns: ['Body'], token: 'x', block }
  await t.throwsAsync(transport.insert(insert, signal), { message: /no_such_table/ })
  await t.throwsAsync(transport.insert(insert, AbortSignal.abort()), { name: 'AbortError' })
  await until(async () => (await readdir(`${path}.tmp`)).length === 0)
  t.pass()
})

const bounds = { format: 'CSV', timeoutMs: 5000, resultBytesMax: 1_000_000 }

test.serial('queries read, and cannot write, run long, or answer without end', async t => {
  const ask = (sql: string, change: object = {}): Promise<Buffer> =>
    transport.query({ ...bounds, ...change, sql }, signal)
  t.is((await ask('SELECT 1, 2')).toString(), '1,2\n')
  t.regex((await ask('SELECT 1 AS x', { format: 'PrettyCompactMonoBlock' })).toString(), /x/)
  for (const [sql, change, message] of [
    ['DROP TABLE every_field', {}, /readonly/],
    ['INSERT INTO every_field (Body) VALUES (1)', {}, /readonly/],
    ["SELECT * FROM file('/etc/hostname', 'LineAsString')", {}, /readonly/],
    ["SELECT 1 INTO OUTFILE '/tmp/x'", {}, /INTO OUTFILE/],
    ['SELECT number FROM numbers(10000000)', {}, /max bytes/],
    ['SELECT count() FROM numbers(1000000000000)', { timeoutMs: 1000 }, /Timeout exceeded/],
  ] as const) {
    await t.throwsAsync(ask(sql, change), { message }, sql)
  }
  t.is((await ask('SELECT count() FROM every_field')).toString(), '2\n')
})

test.serial('a query takes its own limits away again', async t => {
  const [row] = await transport.select("SELECT getSetting('readonly') AS readonly", signal)
  t.is(Number(row?.['readonly']), 0)
})
