import test from 'ava'
import { TokenBucket } from '../../src/auth/token-bucket.ts'
import { ManualClock } from '../../src/testing/manual-clock.ts'

test('a burst at once, the rate in the long run, and the wait in between', async t => {
  const clock = new ManualClock()
  const bucket = new TokenBucket(10, 5, clock)
  t.is(bucket.take(5), 0)
  t.is(bucket.take(1), 100)
  await clock.advance(100)
  t.is(bucket.take(1), 0)
  t.is(bucket.take(2), 200)
  await clock.advance(10_000)
  t.is(bucket.available, 5)
})

test('more than fits is let through by a full bucket, and paid for', async t => {
  const clock = new ManualClock()
  const bucket = new TokenBucket(10, 5, clock)
  t.is(bucket.take(25), 0)
  t.is(bucket.available, -20)
  t.is(bucket.take(1), 2100)
  await clock.advance(2100)
  t.is(bucket.take(1), 0)
})

test('a refusal takes nothing', t => {
  const bucket = new TokenBucket(1, 1, new ManualClock())
  t.is(bucket.take(1), 0)
  for (let i = 0; i < 5; i++) t.is(bucket.take(1), 1000)
})

test('a look takes nothing', async t => {
  const clock = new ManualClock()
  const bucket = new TokenBucket(10, 5, clock)
  t.true(bucket.isFull)
  t.is(bucket.waitMs(5), 0)
  t.is(bucket.take(5), 0)
  t.false(bucket.isFull)
  t.is(bucket.waitMs(1), 100)
  await clock.advance(500)
  t.true(bucket.isFull)
})
