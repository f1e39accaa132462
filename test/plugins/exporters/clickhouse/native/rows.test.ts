import test from 'ava'
import { resolveRows } from '../../../../../plugins/exporters/clickhouse/native/rows.ts'
import { buildLogs } from '../../../../../src/otlp/build-logs.ts'
import { rewriteLogs } from '../../../../../src/otlp/rewrite-logs.ts'

test('rows are the selected records, taken from the overlay where they were rewritten', t => {
  const parts = [3, 2].map(count => ({
    records: Array.from({ length: count }, () => ({ body: 'x' })),
  }))
  const batch = buildLogs(parts, { requestId: 'test' }).filter(row => row.row !== 1)
  const rows = resolveRows(rewriteLogs(batch, row => row.row >= 3))
  t.is(rows.count, 4)
  t.deepEqual([...rows.entry], [0, 2, 0, 1])
  t.deepEqual([...rows.isRewritten], [0, 0, 1, 1])
  t.is(rows.runCount, 2)
  t.deepEqual([...rows.runScope.subarray(0, 2)], [0, 1])
  t.deepEqual([...rows.runLength.subarray(0, 2)], [2, 2])
})

test('an empty batch has no rows and no runs', t => {
  const rows = resolveRows(buildLogs([], { requestId: 'test' }))
  t.is(rows.count, 0)
  t.is(rows.runCount, 0)
})
