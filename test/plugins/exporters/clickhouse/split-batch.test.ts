import test from 'ava'
import { halve, splitBatch } from '../../../../plugins/exporters/clickhouse/split-batch.ts'
import type { LogBatch } from '../../../../src/batch/log-batch.ts'
import { buildLogs } from '../../../../src/otlp/build-logs.ts'

const DAY = 86_400_000_000_000n
const limits = { days: 50, rows: 1_000_000, bytes: 1 << 30 }

function batchOf(times: readonly bigint[]): LogBatch {
  const records = times.map((timeUnixNano, i) => ({ timeUnixNano, body: `record ${i}` }))
  return buildLogs([{ resource: { host: 'x'.repeat(100) }, records }], { requestId: 'test' })
}

function bodies(batch: LogBatch): string[] {
  const cursor = batch.cursor()
  return Array.from({ length: batch.count }, (_, i) => cursor.seek(batch.row(i)).bodyText())
}

test('a batch of a few days goes in as it is, under its own identity', t => {
  const batch = batchOf([DAY * 20_000n, DAY * 20_001n])
  t.deepEqual(splitBatch(batch, 'q/1'), [{ batch, origin: 'q/1' }])
})

test('a batch of many days is cut so that no part has more than 50, and nothing is lost', t => {
  const days = Array.from({ length: 130 }, (_, i) => BigInt((i * 37) % 130) * DAY * 3n)
  const parts = splitBatch(batchOf(days), 'q/1')
  t.is(parts.length, 3)
  t.deepEqual(
    parts.map(({ origin }) => origin),
    ['q/1#0', 'q/1#1', 'q/1#2'],
  )
  t.deepEqual(parts.flatMap(({ batch }) => bodies(batch)).sort(), bodies(batchOf(days)).sort())
  for (const { batch } of parts) {
    const seen = new Set(bodies(batch).map(body => days[Number(body.slice(7))]))
    t.true(seen.size <= 50)
  }
})

test('a repetition is cut at the same places', t => {
  const days = Array.from({ length: 120 }, (_, i) => BigInt(i) * DAY)
  const cut = (): string[][] => splitBatch(batchOf(days), 'o').map(({ batch }) => bodies(batch))
  t.deepEqual(cut(), cut())
})

test('a record without a time counts by its observed time', t => {
  const records = Array.from({ length: 60 }, (_, i) => ({
    observedTimeUnixNano: BigInt(i) * DAY * 2n + 1n,
  }))
  t.is(splitBatch(buildLogs([{ records }], { requestId: 'test' }), 'o').length, 2)
})

test('no part has more rows than the limit', t => {
  const batch = batchOf(Array.from({ length: 10 }, () => DAY))
  const parts = splitBatch(batch, 'o', { ...limits, rows: 4 })
  t.deepEqual(
    parts.map(part => part.batch.count),
    [4, 4, 2],
  )
})

test('no part has more bytes than the limit, the resource of each record included', t => {
  const batch = batchOf(Array.from({ length: 10 }, () => DAY))
  const parts = splitBatch(batch, 'o', { ...limits, bytes: 300 })
  t.deepEqual(
    parts.map(part => part.batch.count),
    [2, 2, 2, 2, 2],
  )
})

test('one record over the limit is still sent', t => {
  t.is(splitBatch(batchOf([DAY]), 'o', { ...limits, bytes: 1 }).length, 1)
})

test('halves have identities of their own and hold everything', t => {
  const batch = batchOf([1n, 2n, 3n])
  const halves = halve({ batch, origin: 'o' })
  t.deepEqual(
    halves.map(half => [half.origin, bodies(half.batch)]),
    [
      ['o#0', ['record 0', 'record 1']],
      ['o#1', ['record 2']],
    ],
  )
})
