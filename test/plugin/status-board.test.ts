import test from 'ava'
import { StatusBoard } from '../../src/plugin/status-board.ts'

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
