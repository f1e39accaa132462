import test from 'ava'
import fc from 'fast-check'
import { Backoff } from '../../src/export/backoff.ts'

const waits = test.macro((t, random: number, atLeastMs: number, expected: number[]) => {
  const options = { initialMs: 100, multiplier: 2, maxMs: 500, jitter: 0.5, random: () => random }
  const backoff = new Backoff(options)
  t.deepEqual(
    expected.map(() => backoff.next(atLeastMs)),
    expected,
  )
})
test('waits grow by the multiplier up to the longest', waits, 0.5, 0, [100, 200, 400, 500, 500])
test('chance shortens each wait by the jitter at most', waits, 0, 0, [50, 100, 200, 250])
test('the refuser can ask for more', waits, 0.5, 300, [300, 300, 400, 500])
test('the refuser can ask for more than the longest wait', waits, 0.5, 9000, [9000, 9000, 9000])

test('the first wait is bounded too', t => {
  const options = { initialMs: 9000, multiplier: 2, maxMs: 500, jitter: 0, random: Math.random }
  t.is(new Backoff(options).next(), 500)
})

test('without jitter every wait is exact', t => {
  const options = { initialMs: 10, multiplier: 1, maxMs: 500, jitter: 0, random: Math.random }
  const backoff = new Backoff(options)
  t.deepEqual([backoff.next(), backoff.next(), backoff.next()], [10, 10, 10])
})

test('whatever chance says, a wait stays within the jitter around its base', t => {
  const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
  const setting = fc.record({
    initialMs: fc.integer({ min: 1, max: 10_000 }),
    multiplier: fc.double({ min: 1, max: 4, noNaN: true }),
    maxMs: fc.integer({ min: 1, max: 60_000 }),
    jitter: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  fc.assert(
    fc.property(setting, fc.array(chance, { minLength: 1, maxLength: 30 }), (options, chances) => {
      let index = 0
      const backoff = new Backoff({ ...options, random: () => chances[index]! })
      let baseMs = Math.min(options.initialMs, options.maxMs)
      for (; index < chances.length; index++) {
        const waitMs = backoff.next()
        t.true(waitMs >= baseMs * (1 - options.jitter) - 1e-6)
        t.true(waitMs <= baseMs * (1 + options.jitter) + 1e-6)
        baseMs = Math.min(baseMs * options.multiplier, options.maxMs)
      }
    }),
  )
})
