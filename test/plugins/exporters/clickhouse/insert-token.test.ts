import test from 'ava'
import { insertToken } from '../../../../plugins/exporters/clickhouse/insert-token.ts'
import { buildLogs } from '../../../../src/otlp/build-logs.ts'

const batch = buildLogs([{ records: [{}, {}, {}] }], { requestId: 'test' })

test('a repetition has the same token, anything else another', t => {
  const first = batch.filter(row => row.row === 0)
  const tokens = [
    insertToken('clickhouse', 'q/1', batch),
    insertToken('clickhouse', 'q/2', batch),
    insertToken('clickhouse/b', 'q/1', batch),
    insertToken('clickhouse', 'q/1', first),
    insertToken(
      'clickhouse',
      'q/1',
      batch.filter(row => row.row === 1),
    ),
  ]
  t.is(new Set(tokens).size, tokens.length)
  t.is(
    insertToken(
      'clickhouse',
      'q/1',
      batch.filter(row => row.row === 0),
    ),
    tokens[3]!,
  )
})
