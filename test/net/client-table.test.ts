import test from 'ava'
import { ClientTable } from '../../src/net/client-table.ts'

function subject(countMax = 3) {
  const time = { nowMs: 0 }
  return { time, table: new ClientTable(countMax, () => time.nowMs) }
}

test('requests of one address are one client', t => {
  const { table } = subject()
  t.is(table.enter('a'), table.enter('a'))
  t.is(table.count, 1)
  t.is(table.enter('a').openCount, 3)
})

test('a client counts for longer than it may be asked to wait', t => {
  const { table, time } = subject()
  table.leave(table.enter('a'))
  time.nowMs = 35_000
  table.enter('b')
  t.is(table.count, 2)
  time.nowMs = 35_001
  table.enter('b')
  t.is(table.count, 1)
})

test('a client with a request in progress counts however long that takes', t => {
  const { table, time } = subject()
  const slow = table.enter('slow')
  time.nowMs = 60_000
  table.leave(table.enter('b'))
  t.is(table.count, 2)
  table.leave(slow)
  time.nowMs = 120_000
  table.enter('c')
  t.is(table.count, 1)
})

test('a full table forgets who has no request in progress', t => {
  const { table } = subject(2)
  table.leave(table.enter('a'))
  const b = table.enter('b')
  t.is(table.enter('c').key, 'c')
  t.is(table.enter('b'), b)
  t.is(table.count, 2)
})

test('when all have one, further clients are one together: memory stays bounded', t => {
  const { table } = subject(2)
  table.enter('a')
  table.enter('b')
  const others = table.enter('c')
  t.is(others.key, '(others)')
  for (let i = 0; i < 1000; i++) t.is(table.enter(`c${i}`), others)
  t.is(table.count, 3)
})
