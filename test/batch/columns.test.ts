import test from 'ava'
import {
  createLogColumns,
  createResourceTable,
  createScopeTable,
  LOG_COLUMN_BYTES,
} from '../../src/batch/columns.ts'

test('columns are zero, of one length, and share one piece of memory without overlap', t => {
  const { count, ...columns } = createLogColumns(5)
  t.is(count, 5)
  const memory = columns.start.buffer
  t.is(memory.byteLength, 5 * LOG_COLUMN_BYTES)
  const offsets = new Set<number>()
  for (const column of Object.values(columns)) {
    t.is(column.length, 5)
    t.is(column.buffer, memory)
    t.true(column.every(value => value === 0))
    offsets.add(column.byteOffset)
  }
  t.is(offsets.size * 4, LOG_COLUMN_BYTES)
})

test('no records take no memory', t => {
  t.is(createLogColumns(0).start.buffer.byteLength, 0)
})

test('tables are zero and as long as asked', t => {
  for (const { count, ...table } of [createResourceTable(3), createScopeTable(3)]) {
    t.is(count, 3)
    for (const column of Object.values(table)) t.deepEqual([...column], [0, 0, 0])
  }
})
