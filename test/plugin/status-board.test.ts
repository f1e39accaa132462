import test from 'ava'
import { StatusBoard, StatusEntry } from '../../src/plugin/status-board.ts'

test('a component that has never reported is starting', t => {
  const board = new StatusBoard(() => new Date(0))
  board.add('receiver', 'otlp')
  t.deepEqual(board.report(), [
    { id: 'otlp', kind: 'receiver', status: 'starting', since: '1970-01-01T00:00:00.000Z' },
  ])
})

test('since moves with the status, not with its detail', t => {
  let nowMs = 0
  const board = new StatusBoard(() => new Date(nowMs))
  const report = board.add('exporter', 'clickhouse')
  nowMs = 1000
  report('recoverable_error', 'connection refused')
  nowMs = 2000
  report('recoverable_error', 'connection reset')
  t.like(board.report()[0], { detail: 'connection reset', since: '1970-01-01T00:00:01.000Z' })
  nowMs = 3000
  report('ok')
  t.deepEqual(board.report(), [
    { id: 'clickhouse', kind: 'exporter', status: 'ok', since: '1970-01-01T00:00:03.000Z' },
  ])
})

test('an entry can take the place of another one, and go', t => {
  const board = new StatusBoard()
  board.add('receiver', 'a')
  const [old, now] = [new StatusEntry('exporter', 'b'), new StatusEntry('exporter', 'b')]
  board.put(old)
  board.add('receiver', 'c')
  now.report('ok')
  board.put(now, old)
  old.report('permanent_error', 'late')
  const states = (): string[] => board.report().map(({ id, status }) => `${id} ${status}`)
  t.deepEqual(states(), ['a starting', 'b ok', 'c starting'])
  board.remove(now)
  board.remove(now)
  t.deepEqual(states(), ['a starting', 'c starting'])
})
