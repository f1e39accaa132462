import test from 'ava'
import { Backlog, retryAfterMs } from '../../src/plugin/retry-after.ts'
import { ManualClock } from '../../src/testing/index.ts'

const rule = test.macro((t, behindMs: number, expected: number) => {
  t.is(retryAfterMs(behindMs), expected)
})
test('never less than a second', rule, 3, 1000)
test('as long as we are behind', rule, 7000, 7000)
test('whole milliseconds', rule, 7000.25, 7001)
test('never more than half a minute', rule, 3_600_000, 30_000)
test('a pace of nothing is half a minute too', rule, Number.POSITIVE_INFINITY, 30_000)

/** Drains `size` a second for `seconds`. */
async function drain(backlog: Backlog, clock: ManualClock, size: number, seconds: number) {
  for (let i = 0; i < seconds; i++) {
    await clock.advance(1000)
    backlog.remove(size)
  }
}

test('without a pace, the oldest tells how far behind we are', async t => {
  const clock = new ManualClock()
  const backlog = new Backlog(clock)
  backlog.add(1000)
  await clock.advance(5000)
  t.is(backlog.behindMs(5000), 5000)
})

test('with one, it is the time that the rest will take', async t => {
  const clock = new ManualClock()
  const backlog = new Backlog(clock)
  backlog.add(2000)
  await drain(backlog, clock, 100, 10)
  t.is(Math.round(backlog.behindMs(0)), 10_000)
  t.is(backlog.behindMs(60_000), 60_000)
})

test('more that waits is a longer wait, and so is a slower pace', async t => {
  const behind = async (size: number, pace: number): Promise<number> => {
    const clock = new ManualClock()
    const backlog = new Backlog(clock)
    backlog.add(size + pace * 10)
    await drain(backlog, clock, pace, 10)
    return backlog.behindMs(0)
  }
  const bySize = [await behind(100, 10), await behind(200, 10), await behind(400, 10)]
  t.deepEqual(
    bySize,
    bySize.toSorted((a, b) => a - b),
  )
  t.true(bySize[2]! > bySize[0]! * 3.9)
  t.true((await behind(100, 5)) > (await behind(100, 10)) * 1.9)
})

test('a destination that stops makes the wait grow second by second', async t => {
  const clock = new ManualClock()
  const backlog = new Backlog(clock)
  backlog.add(2000)
  await drain(backlog, clock, 100, 10)
  let before = 0
  for (let i = 0; i < 20; i++) {
    const now = backlog.behindMs(0)
    t.true(now > before)
    before = now
    await clock.advance(1000)
  }
})

test('an hour without work is no slow pace', async t => {
  const clock = new ManualClock()
  const backlog = new Backlog(clock)
  backlog.add(1000)
  await drain(backlog, clock, 100, 10)
  await clock.advance(3_600_000)
  backlog.add(200)
  t.is(Math.round(backlog.behindMs(0)), 2000)
})
