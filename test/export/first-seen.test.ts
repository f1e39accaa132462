import test from 'ava'
import { FirstSeen } from '../../src/export/first-seen.ts'
import { buildLogs } from '../../src/otlp/build-logs.ts'

function clock(): () => number {
  let now = 1000
  return () => now++
}

test('a batch keeps the time at which it was first seen, whatever is selected of it', t => {
  const seen = new FirstSeen(clock())
  const batch = buildLogs([{ records: [{ body: 'a' }, { body: 'b' }] }], { requestId: 'r' })
  t.is(seen.nanosOf(batch), 1_000_000_000n)
  t.is(seen.nanosOf(batch.with({ selection: new Uint32Array([1]) })), 1_000_000_000n)
  t.is(seen.nanosOf(buildLogs([{ records: [{ body: 'c' }] }], { requestId: 'r' })), 1_001_000_000n)
})

test('a batch that says when it was received has that time, in whole milliseconds', t => {
  const context = { requestId: 'r', receivedAtUnixMs: 5000.75 }
  const batch = buildLogs([{ records: [{ body: 'a' }] }], context)
  t.is(new FirstSeen(clock()).nanosOf(batch), 5_000_000_000n)
  t.is(new FirstSeen(clock()).nanosOf(batch), 5_000_000_000n)
})
