import test from 'ava'
import { withDeadline } from '../../src/service/deadline.ts'

test('work done in time is true', async t => {
  t.true(await withDeadline(10_000, () => Promise.resolve()))
})

test('work that gives up at its deadline is false', async t => {
  const inTime = await withDeadline(
    5,
    deadline => new Promise(resolve => deadline.addEventListener('abort', () => resolve())),
  )
  t.false(inTime)
})

test('work that does not listen to its deadline is left behind', async t => {
  t.false(await withDeadline(5, () => new Promise(() => undefined), 5))
})

test('a failure is passed on', async t => {
  await t.throwsAsync(
    withDeadline(10_000, () => Promise.reject(new Error('boom'))),
    { message: 'boom' },
  )
})
