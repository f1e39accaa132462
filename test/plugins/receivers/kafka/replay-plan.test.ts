import test from 'ava'
import { PipelineError, type ReplayRange, type ReplayRequest } from '#core'
import { replayPlan } from '../../../../plugins/receivers/kafka/replay-plan.ts'

const BOUNDS = [
  { partition: 0, low: 10, high: 100 },
  { partition: 1, low: 0, high: 50 },
]

/** A message a millisecond, from the first offset on; as kafkajs, the end when none is that new. */
async function offsetsAt(_: string, timeMs: number): Promise<ReadonlyMap<number, number>> {
  return new Map(
    BOUNDS.map(({ partition, low, high }) => [partition, Math.min(Math.max(timeMs, low), high)]),
  )
}

function plan(request: Partial<ReplayRequest>): Promise<readonly ReplayRange[]> {
  const all = { topic: 'logs', from: { timeMs: 0 }, to: { timeMs: 1000 }, name: 'x', ...request }
  return replayPlan(all, BOUNDS, offsetsAt)
}

test('times come to offsets of every partition, and what is gone is said', async t => {
  t.deepEqual(await plan({}), [
    { partition: 0, from: 10, to: 100, note: 'what was before offset 10 is gone' },
    { partition: 1, from: 0, to: 50 },
  ])
})

test('a partition without such messages is left out', async t => {
  t.deepEqual(await plan({ from: { timeMs: 60 }, to: { timeMs: 70 } }), [
    { partition: 0, from: 60, to: 70 },
  ])
})

test('offsets are of one partition', async t => {
  const offsets = { from: { offset: 10 }, to: { offset: 50 } }
  t.deepEqual(await plan({ ...offsets, partitions: [1] }), [{ partition: 1, from: 10, to: 50 }])
  await t.throwsAsync(plan(offsets), {
    instanceOf: PipelineError,
    message: /these are 2: name one/,
  })
  await t.throwsAsync(plan({ to: { offset: 50 } }), { message: /these are 2/ })
})

test('an offset that is not there is a mistake', async t => {
  const of = (from: number, to: number): Promise<unknown> =>
    plan({ partitions: [0], from: { offset: from }, to: { offset: to } })
  await t.throwsAsync(of(9, 50), { message: /logs\/0 does not have offset 9 any more: .* is 10$/ })
  await t.throwsAsync(of(10, 101), { message: /offset 101 yet: .* will be 100$/ })
  await t.notThrowsAsync(of(10, 100))
})

test('a partition that is not there is a mistake', async t => {
  const error = await t.throwsAsync(plan({ partitions: [2] }), {
    message: /no partition 2, it has 2/,
  })
  t.false((error as PipelineError).retryable)
})
