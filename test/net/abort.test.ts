import test from 'ava'
import { untilAborted } from '../../src/net/abort.ts'

test('ends with the work', async t => {
  await t.notThrowsAsync(untilAborted(Promise.resolve(), new AbortController().signal))
})

test('ends with the signal although the work never does', async t => {
  const never = new Promise<void>(() => {})
  const controller = new AbortController()
  const waiting = untilAborted(never, controller.signal)
  controller.abort()
  await t.notThrowsAsync(waiting)
  await t.notThrowsAsync(untilAborted(never, controller.signal))
})
