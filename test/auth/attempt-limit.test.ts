import test from 'ava'
import { AttemptLimit } from '../../src/auth/attempt-limit.ts'
import { ManualClock } from '../../src/testing/manual-clock.ts'

test('20 attempts at once, then one more every 3 seconds', async t => {
  const clock = new ManualClock()
  const limit = new AttemptLimit(clock)
  for (let i = 0; i < 20; i++) {
    t.is(limit.waitMs('a'), 0)
    limit.failed('a')
  }
  t.is(limit.waitMs('a'), 3000)
  t.is(limit.waitMs('b'), 0)
  await clock.advance(2999)
  t.is(limit.waitMs('a'), 1)
  await clock.advance(1)
  t.is(limit.waitMs('a'), 0)
  limit.failed('a')
  t.is(limit.waitMs('a'), 3000)
})

test('after a minute all attempts are back', async t => {
  const clock = new ManualClock()
  const limit = new AttemptLimit(clock)
  for (let i = 0; i < 20; i++) limit.failed('a')
  await clock.advance(60_000)
  for (let i = 0; i < 19; i++) limit.failed('a')
  t.is(limit.waitMs('a'), 0)
})

test('a flood of other clients forgets old ones instead of growing', t => {
  const limit = new AttemptLimit(new ManualClock())
  for (let i = 0; i < 20; i++) limit.failed('first')
  for (let i = 0; i < 10_000; i++) limit.failed(`client ${i}`)
  t.is(limit.waitMs('first'), 0)
})
