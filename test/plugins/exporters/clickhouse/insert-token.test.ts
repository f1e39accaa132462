import test from 'ava'
import { insertToken } from '../../../../plugins/exporters/clickhouse/insert-token.ts'

test('a token names the exporter and the identity of the records', t => {
  t.is(insertToken('clickhouse/a', 'q/1#0'), 'clickhouse/a/q/1#0')
})
