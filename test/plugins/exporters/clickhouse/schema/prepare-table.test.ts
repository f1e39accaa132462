import test from 'ava'
import { prepareTable } from '../../../../../plugins/exporters/clickhouse/schema/prepare-table.ts'
import { createTestContext } from '../../../../../src/testing/index.ts'
import { FakeTransport } from '../../../../helpers/fake-transport.ts'
import { PLAIN_SCHEMA } from '../../../../helpers/schema-options.ts'

function existing(): FakeTransport {
  const transport = new FakeTransport()
  transport.answers.set('version()', [{ version: '25.8.1.1' }])
  transport.answers.set('DESCRIBE', [
    { name: 'Timestamp', type: 'DateTime64(9)', default_type: '' },
    { name: 'Body', type: 'String', default_type: '' },
  ])
  transport.answers.set('system.tables', [{ engine: 'MergeTree', engine_full: '' }])
  return transport
}

const context = createTestContext('exporter', 'clickhouse')

function prepare(transport: FakeTransport, create: boolean): Promise<string[]> {
  return prepareTable(
    transport,
    version => ({ ...PLAIN_SCHEMA, indexProfile: 'full_text', version }),
    create,
    context.logger,
    new AbortController().signal,
  )
}

test.serial('with create_schema the table is made for the version of the server', async t => {
  const transport = existing()
  t.deepEqual(await prepare(transport, true), ['Timestamp', 'Body'])
  const sql = transport.commands.join('\n')
  t.regex(sql, /CREATE TABLE IF NOT EXISTS `default`.`otel_logs`/)
  t.regex(sql, /tokenbf_v1/)
  t.regex(sql, /MODIFY SETTING non_replicated_deduplication_window/)
})

test.serial('without it nothing is changed, and what differs is one warning', async t => {
  const transport = existing()
  t.deepEqual(await prepare(transport, false), ['Timestamp', 'Body'])
  t.deepEqual(transport.commands, [])
  t.like(context.lines.at(-1), { level: 40, msg: 'the table differs from the config' })
})
