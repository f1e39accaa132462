import test from 'ava'
import { ForcedGc, findGc } from '../../src/memory/forced-gc.ts'

const interval = { minMs: 10_000, maxMs: 30_000 }

function subject(tookMs = 100) {
  const state = { nowMs: 0, runs: 0 }
  const gc = new ForcedGc(
    () => {
      state.runs++
      state.nowMs += tookMs
    },
    () => state.nowMs,
  )
  /** Milliseconds until the next collection is done. */
  const waitMs = (helped: boolean) => {
    const sinceMs = state.nowMs
    const { runs } = state
    while (!gc.run(interval, () => helped)) state.nowMs += 100
    assertOneMore(runs, state.runs)
    return state.nowMs - sinceMs - tookMs
  }
  return { gc, state, waitMs }
}

function assertOneMore(before: number, after: number): void {
  if (after !== before + 1) throw new Error(`${after - before} collections instead of one`)
}

test('the first collection does not wait', t => {
  t.is(subject().waitMs(false), 0)
})

test('each useless collection doubles the wait, up to the maximum', t => {
  const { waitMs } = subject()
  t.deepEqual(
    [false, false, false, false].map(helped => waitMs(helped)),
    [0, 10_000, 20_000, 30_000],
  )
})

test('one that helps ends the doubling, and the share of time stays at 5%', t => {
  const { waitMs } = subject(200)
  t.deepEqual(
    [false, true, true, false].map(helped => waitMs(helped)),
    [0, 10_000, 3800, 3800],
  )
})

test('without a collector nothing is done', t => {
  t.false(new ForcedGc(undefined).run(interval, () => true))
})

test('the real collector frees a dropped buffer', t => {
  const before = process.memoryUsage().arrayBuffers
  t.is(allocateAndDrop(), 1)
  const freed = () => process.memoryUsage().arrayBuffers - before < 4 * 1024 ** 2
  t.true(new ForcedGc(findGc()).run(interval, freed))
  t.true(freed())
})

function allocateAndDrop(): number {
  return Buffer.alloc(64 * 1024 ** 2, 1)[77]!
}
