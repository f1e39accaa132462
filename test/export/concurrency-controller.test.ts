import test from 'ava'
import { ConcurrencyController } from '../../src/export/concurrency-controller.ts'

/** Full windows: in each, every place is taken and every round trip takes `rttMs`. */
function subject(limitMax = 10) {
  const controller = new ConcurrencyController({
    limitMax,
    decreaseRatio: 0.9,
    ewmaAlpha: 0.4,
    rttDeviationScale: 2.5,
  })
  let nowMs = 0
  const round = (rttMs: number, inFlight = controller.limit): number => {
    const startMs = nowMs
    nowMs += rttMs
    controller.finished({ startMs, endMs: nowMs, inFlight, verdict: 'taken' })
    return controller.limit
  }
  const fail = (verdict: 'back_pressure' | 'other', ms = 1000): number => {
    const startMs = nowMs
    nowMs += ms
    const inFlight = controller.limit
    controller.finished({ startMs, endMs: nowMs, inFlight, verdict })
    return controller.limit
  }
  const rounds = (count: number, rttMs: (limit: number) => number, inFlight?: number): number[] =>
    Array.from({ length: count }, () => round(rttMs(controller.limit), inFlight))
  return { controller, round, rounds, fail }
}

test('it starts at the most, and stays there while round trips do not change', t => {
  const { controller, rounds } = subject()
  t.is(controller.limit, 10)
  t.deepEqual([...new Set(rounds(100, () => 50))], [10])
  t.is(controller.usualRttMs, 50)
})

test('back pressure lowers it by the ratio, once a round trip, down to 1', t => {
  const { fail } = subject(20)
  const limits = Array.from({ length: 20 }, () => fail('back_pressure'))
  t.deepEqual(limits.slice(0, 6), [18, 16, 14, 12, 10, 9])
  t.is(limits.at(-1), 1)
})

test('many refusals at once are one', t => {
  const { fail } = subject()
  fail('back_pressure')
  for (let i = 0; i < 50; i++) fail('back_pressure', 10)
  t.is(fail('back_pressure', 499), 9)
  t.is(fail('back_pressure', 1), 8)
})

test('other failures say nothing', t => {
  const { fail } = subject()
  for (let i = 0; i < 20; i++) t.is(fail('other'), 10)
})

test('after back pressure it goes up by one a round trip while the limit is reached', t => {
  const { round, rounds, fail } = subject()
  round(100)
  for (let i = 0; i < 4; i++) fail('back_pressure')
  const limits = rounds(6, () => 100)
  t.deepEqual(limits, [7, 8, 9, 10, 10, 10])
})

test('what is not used is not raised', t => {
  const { round, rounds, fail } = subject()
  round(100)
  const low = fail('back_pressure')
  t.deepEqual([...new Set(rounds(20, () => 100, 1))], [low])
})

test('a destination that takes one after the other gets fewer at the same time, for free', t => {
  const { rounds } = subject(10)
  rounds(3, () => 100)
  const limits = rounds(40, limit => 100 * limit)
  t.true(Math.max(...limits.slice(20)) <= 5, String(limits))
})

test('round trips that are long whatever the limit is cost no throughput for long', t => {
  const { rounds, controller } = subject(10)
  rounds(3, () => 100)
  const limits = rounds(20, () => 500)
  t.true(Math.min(...limits) >= 7, String(limits))
  t.is(controller.limit, 10)
  t.deepEqual([...new Set(rounds(30, () => 500))], [10])
})

test('one long round trip is no trend', t => {
  const { round, rounds } = subject()
  rounds(5, () => 100)
  t.is(round(1000), 10)
  t.deepEqual([...new Set(rounds(5, () => 100))], [10])
})

test('a rise below ten milliseconds is noise', t => {
  const { rounds } = subject()
  rounds(5, () => 1)
  t.deepEqual([...new Set(rounds(20, () => 9))], [10])
})

test('at 1 it goes up again once the round trips are usual', t => {
  const { round, rounds, fail } = subject(4)
  round(100)
  for (let i = 0; i < 10; i++) fail('back_pressure')
  t.deepEqual(
    rounds(3, () => 100),
    [2, 3, 4],
  )
})
