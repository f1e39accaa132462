import test from 'ava'
import { LOG_COLUMN_NAMES as CLICKHOUSE_NAMES } from '../../../../../plugins/exporters/clickhouse/native/encode-block.ts'
import { LOG_COLUMN_NAMES } from '../../../../../plugins/exporters/postgres/copy/log-columns.ts'

test('the columns are those of the ClickHouse table, in snake case, and what times need', t => {
  const snake = CLICKHOUSE_NAMES.map(name =>
    name.replaceAll(/(?!^)[A-Z]/g, letter => `_${letter}`).toLowerCase(),
  )
  const own = ['timestamp_nanos', 'observed_timestamp', 'observed_timestamp_nanos']
  t.deepEqual([...LOG_COLUMN_NAMES].sort(), [...snake, ...own].sort())
})
