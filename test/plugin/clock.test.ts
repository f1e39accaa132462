import test from 'ava'
import { sleep, systemClock } from '../../src/plugin/clock.ts'
import { ManualClock, settle } from '../../src/testing/manual-clock.ts'

test('a sleep ends when its time has come, not before', async t => {
  const clock = new ManualClock()
  let slept: boolean | undefined
  void sleep(clock, 100).then(result => {
    slept = result
  })
  await clock.advance(99)
  t.is(slept, undefined)
  await clock.advance(1)
  t.is(slept, true)
})

const isWoken = test.macro(async (t, which: number) => {
  const clock = new ManualClock()
  const controllers = [new AbortController(), new AbortController()]
  const sleeping = sleep(clock, 1000, ...controllers.map(({ signal }) => signal))
  controllers[which]!.abort()
  t.false(await sleeping)
  t.is(clock.pending, 0, 'no timer is left behind')
})
test('the first of two signals ends a sleep', isWoken, 0)
test('the second of two signals ends a sleep', isWoken, 1)

test('a signal that has aborted before is not slept for', async t => {
  const clock = new ManualClock()
  t.false(await sleep(clock, 1000, new AbortController().signal, AbortSignal.abort()))
  t.is(clock.pending, 0)
})

test('the system clock fires once and can be told not to', async t => {
  const fired: string[] = []
  systemClock.after(0, () => void fired.push('a'))
  const cancel = systemClock.after(0, () => void fired.push('b'))
  cancel()
  await new Promise(resolve => setTimeout(resolve, 20))
  t.deepEqual(fired, ['a'])
})

test('a wait longer than Node can count does not fire at once', async t => {
  let fired = false
  const cancel = systemClock.after(2 ** 40, () => {
    fired = true
  })
  t.teardown(cancel)
  await new Promise(resolve => setTimeout(resolve, 20))
  await settle()
  t.false(fired)
})

test('the system clock never goes back', t => {
  const first = systemClock.now()
  t.true(systemClock.now() >= first)
})
