import test from 'ava'
import { readTableColumns } from '../../../../../plugins/exporters/clickhouse/schema/table-columns.ts'
import { SchemaError } from '../../../../../src/plugin/readiness.ts'
import { FakeTransport } from '../../../../helpers/fake-transport.ts'

/** Column name to type, or to `type|kind` as in `String|ALIAS`. */
type Table = Readonly<Record<string, string>>

function read(columns: Table): Promise<string[]> {
  const transport = new FakeTransport()
  const rows = Object.entries(columns).map(([name, type]) => {
    const [bare = '', kind = ''] = type.split('|')
    return { name, type: bare, default_type: kind }
  })
  transport.answers.set('DESCRIBE', rows)
  return readTableColumns(transport, '`d`.`t`', new AbortController().signal)
}

test('the columns that exist and can be written are used, the others left out', async t => {
  const columns = await read({
    Extra: 'String',
    Body: 'String',
    TraceId: 'String|MATERIALIZED',
    LogAttributes: 'Map(LowCardinality(String), String)',
    Timestamp: 'DateTime64(9)',
    TimestampTime: 'DateTime|DEFAULT',
  })
  t.deepEqual(columns, ['Timestamp', 'Body', 'LogAttributes'])
})

const refused = test.macro<[columns: Table, message: RegExp]>(async (t, columns, message) => {
  await t.throwsAsync(read(columns), { instanceOf: SchemaError, message })
})

test('a table without Body', refused, { Timestamp: 'DateTime64(9)' }, /no column Body.*print-ddl/)
test('a table of something else', refused, { Id: 'String' }, /no column Timestamp, Body/)

test('an empty answer says nothing about the table: it is asked again', async t => {
  const error = await t.throwsAsync(read({}), { message: /DESCRIBE TABLE `d`\.`t` is empty/ })
  t.false(error instanceof SchemaError)
})

test(
  'attributes as JSON',
  refused,
  { Timestamp: 'DateTime64(9)', Body: 'String', LogAttributes: 'JSON' },
  /column LogAttributes of `d`.`t` is JSON/,
)
