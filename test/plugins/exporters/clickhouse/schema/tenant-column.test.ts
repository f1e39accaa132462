import test from 'ava'
import { printDdl } from '../../../../../plugins/exporters/clickhouse/from-config.ts'
import { clickHouseExporter } from '../../../../../plugins/exporters/clickhouse/index.ts'
import { tenantMismatch } from '../../../../../plugins/exporters/clickhouse/schema/tenant-column.ts'
import { buildLogs } from '../../../../../src/otlp/build-logs.ts'
import type { Exporter } from '../../../../../src/plugin/component.ts'
import { createTestContext, type TestContext } from '../../../../../src/testing/index.ts'
import { embeddedStore } from '../../../../helpers/embedded-store.ts'
import { FakeTransport } from '../../../../helpers/fake-transport.ts'
import { complaintsOf } from '../../../../helpers/plugin-yaml.ts'
import { PLAIN_SCHEMA } from '../../../../helpers/schema-options.ts'

/* On the real engine, embedded: one store for all tests, each with a table of its own. */

const { path, transport } = await embeddedStore()
const signal = new AbortController().signal

function configOf(table: string, keys: object) {
  return clickHouseExporter.config.parse({
    endpoint: `chdb://${path}`,
    logs_table_name: table,
    ...keys,
  })
}

/** Starts an exporter, has it store a record for each tenant, and stops it. */
async function store(table: string, keys: object, ...tenants: string[]): Promise<TestContext> {
  const context = createTestContext('exporter', 'clickhouse')
  const exporter: Exporter = clickHouseExporter.create(configOf(table, keys), context)
  await exporter.start?.()
  const parts = tenants.map(tenant => ({
    resource: tenant === '' ? {} : { 'tenant.id': tenant },
    records: [{ timeUnixNano: 1n, body: `of ${tenant}` }],
  }))
  if (parts.length > 0) await exporter.consume(buildLogs(parts, { requestId: 'test' }), signal)
  await exporter.stop?.(signal)
  return context
}

const BY_TENANT = { tenant_attribute: 'tenant.id' }

test.serial('the column is filled from the attribute, and a query finds by it', async t => {
  const context = await store('tenants', BY_TENANT, 'shop', 'mail', '', 'shop')
  const counts = await transport.select(
    'SELECT Tenant, toUInt32(count()) AS n FROM tenants GROUP BY Tenant ORDER BY Tenant',
    signal,
  )
  t.deepEqual(counts, [
    { Tenant: '', n: 1 },
    { Tenant: 'mail', n: 1 },
    { Tenant: 'shop', n: 2 },
  ])
  const plan = await transport.select(
    "EXPLAIN indexes = 1 SELECT Body FROM tenants WHERE Tenant = 'shop'",
    signal,
  )
  const text = plan.map(row => String(row['explain'])).join('\n')
  t.regex(text, /PrimaryKey\s+Keys:\s+Tenant\s+Condition: \(Tenant in \['shop', 'shop'\]\)/)
  // Whoever reads the Collector's columns sees no other.
  const [row] = await transport.select('SELECT * FROM tenants LIMIT 1', signal)
  t.false(Object.hasOwn(row ?? {}, 'Tenant'))
  t.deepEqual(
    context.lines.filter(({ level }) => Number(level) >= 40),
    [],
  )
})

test.serial(
  'of a table that was made before, nothing is changed, and how to go over works',
  async t => {
    await store('older', { index_profile: 'full_text' }, 'shop')
    const show = async (): Promise<unknown> =>
      await transport.select('SHOW CREATE TABLE older', signal)
    const before = await show()
    const keys = { ...BY_TENANT, index_profile: 'full_text' }
    const context = await store('older', keys, 'mail')
    t.deepEqual(await show(), before)
    const warning = context.lines.find(({ level }) => level === 40)
    t.regex(
      String(warning?.['msg']),
      /^default\.older is ordered by \(toStartOfFiveMinutes\(Timestamp\), .*\), not by Tenant first: it is left as it is\. .* logs_table_name/,
    )

    for (const sql of (warning?.['statements'] ?? []) as string[])
      await transport.command(sql, signal)
    t.deepEqual(
      (await store('older', keys, 'shop')).lines.filter(({ level }) => level === 40),
      [],
    )
    const counts = await transport.select(
      "SELECT Tenant, toUInt32(count()) AS n FROM older WHERE hasAllTokens(lower(Body), 'of') GROUP BY Tenant ORDER BY Tenant",
      signal,
    )
    t.deepEqual(counts, [
      { Tenant: 'mail', n: 1 },
      { Tenant: 'shop', n: 2 },
    ])
  },
)

test.serial('another attribute than the one the table was made for is told', async t => {
  await store('other', BY_TENANT)
  const context = await store('other', { tenant_attribute: 'customer.id' })
  const warning = context.lines.find(({ level }) => level === 40)
  t.regex(
    String(warning?.['msg']),
    /^Tenant of default\.other is filled from ResourceAttributes\['tenant.id'\], not from customer\.id/,
  )
  t.deepEqual(
    (await store('other', {}, 'shop')).lines.filter(({ level }) => level === 40),
    [],
  )
})

test('print-ddl shows it, and nothing of it without the key', t => {
  const ddl = printDdl(configOf('otel_logs', BY_TENANT))
  t.regex(
    ddl,
    /\n {4}Tenant LowCardinality\(String\) MATERIALIZED ResourceAttributes\['tenant.id'\]/,
  )
  t.regex(ddl, /ORDER BY \(Tenant, toStartOfFiveMinutes\(Timestamp\), ServiceName, Timestamp\)/)
  t.notRegex(printDdl(configOf('otel_logs', {})), /Tenant/)
})

test('a table without an order of its own is not complained about', async t => {
  const options = { ...PLAIN_SCHEMA, tenantAttribute: 'tenant.id' }
  t.is(await tenantMismatch(new FakeTransport(), options, signal), undefined)
})

for (const value of ["it's", 'a b', 'a\\b']) {
  test(`an attribute that cannot be: ${value}`, t => {
    const yaml = JSON.stringify({ endpoint: 'http://a', tenant_attribute: value })
    t.regex(complaintsOf(clickHouseExporter, yaml).join('\n'), /^tenant_attribute: use /)
  })
}
