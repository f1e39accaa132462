import test from 'ava'
import { Lane } from '../../../../../plugins/exporters/clickhouse/chdb/lane.ts'

const forever = new AbortController().signal

test('jobs run one after another, also after a failure', async t => {
  const lane = new Lane()
  const seen: string[] = []
  const job =
    (name: string, fails = false) =>
    async (): Promise<string> => {
      seen.push(`${name} starts`)
      await new Promise(resolve => setImmediate(resolve))
      seen.push(`${name} ends`)
      if (fails) throw new Error(name)
      return name
    }
  const [a, b, c] = await Promise.allSettled([
    lane.run(job('a'), forever),
    lane.run(job('b', true), forever),
    lane.run(job('c'), forever),
  ])
  t.deepEqual(
    [a, c],
    [
      { status: 'fulfilled', value: 'a' },
      { status: 'fulfilled', value: 'c' },
    ],
  )
  t.is(b.status, 'rejected')
  t.deepEqual(seen, ['a starts', 'a ends', 'b starts', 'b ends', 'c starts', 'c ends'])
})

test('a job that throws at once does not block the lane', async t => {
  const lane = new Lane()
  const bad = lane.run((): Promise<void> => {
    throw new Error('at once')
  }, forever)
  await t.throwsAsync(bad, { message: 'at once' })
  t.is(await lane.run(async () => 1, forever), 1)
})

test('a job whose signal aborts while it waits is never started', async t => {
  const lane = new Lane()
  let finish: () => void = () => {}
  const first = lane.run(() => new Promise<void>(resolve => (finish = resolve)), forever)
  const controller = new AbortController()
  let started = false
  const second = lane.run(async () => {
    started = true
  }, controller.signal)
  controller.abort()
  await t.throwsAsync(second, { name: 'AbortError' })
  finish()
  await first
  await lane.idle()
  t.false(started)
})

test('a job that is given up while it runs keeps the lane until its end', async t => {
  const lane = new Lane()
  let finish: () => void = () => {}
  const controller = new AbortController()
  const first = lane.run(() => new Promise<void>(resolve => (finish = resolve)), controller.signal)
  await new Promise(resolve => setImmediate(resolve))
  controller.abort()
  await t.throwsAsync(first, { name: 'AbortError' })
  let next = false
  const second = lane.run(async () => {
    next = true
  }, forever)
  await new Promise(resolve => setImmediate(resolve))
  t.false(next)
  finish()
  await second
  t.true(next)
})
