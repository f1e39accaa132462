import test from 'ava'
import {
  KeyLimits,
  type KeyLimitsOptions,
} from '../../../../plugins/processors/rate_limit/key-limits.ts'
import { ManualClock } from '../../../../src/testing/manual-clock.ts'

function setUp(options: Partial<KeyLimitsOptions> = {}) {
  const clock = new ManualClock()
  const limits = new KeyLimits({
    limit: { records_per_second: 10, bytes_per_second: 0 },
    limits: {},
    burstMs: 1000,
    keysMax: 3,
    clock,
    ...options,
  })
  const take = (...loads: (readonly [key: string, records: number, bytes?: number])[]) =>
    limits.take(new Map(loads.map(([key, records, bytes = 0]) => [key, { records, bytes }])))
  return { limits, clock, take }
}

test('one over its limit has to wait, its neighbour has not', async t => {
  const { clock, take } = setUp()
  t.is(take(['a', 10]).waitMs, 0)
  t.deepEqual(take(['a', 5]), { waitMs: 500, key: 'a' })
  t.is(take(['b', 10]).waitMs, 0)
  await clock.advance(500)
  t.is(take(['a', 5]).waitMs, 0)
})

test('records and bytes are limited, the longer wait counts', t => {
  const limit = { records_per_second: 10, bytes_per_second: 100 }
  const { take } = setUp({ limit })
  t.is(take(['a', 1, 100]).waitMs, 0)
  t.is(take(['a', 1, 50]).waitMs, 500)
  t.is(take(['a', 1, 0]).waitMs, 0)
})

test('several keys are taken together or not at all', t => {
  const { take } = setUp()
  t.is(take(['a', 10]).waitMs, 0)
  t.deepEqual(take(['a', 1], ['b', 10]), { waitMs: 100, key: 'a' })
  t.is(take(['b', 10]).waitMs, 0)
})

test('values may have limits of their own, or none', t => {
  const { take } = setUp({
    limits: {
      big: { records_per_second: 100, bytes_per_second: 0 },
      free: { records_per_second: undefined, bytes_per_second: 0 },
    },
  })
  t.is(take(['big', 100]).waitMs, 0)
  t.is(take(['big', 1]).waitMs, 10)
  for (let i = 0; i < 10; i++) t.is(take(['free', 1e9]).waitMs, 0)
  t.is(take(['toString', 10]).waitMs, 0)
  t.is(take(['toString', 10]).waitMs, 1000)
})

test('inventing values gains nothing: beyond the bound they share one limit', async t => {
  const { limits, clock, take } = setUp()
  for (const key of ['a', 'b', 'c']) t.is(take([key, 10]).waitMs, 0)
  t.is(take(['d', 10]).waitMs, 0)
  t.is(take(['e', 10]).waitMs, 1000)
  t.is(limits.size, 3)
  // Once one is idle again its place is free.
  await clock.advance(1000)
  t.is(take(['e', 10]).waitMs, 0)
  t.is(limits.size, 3)
})
