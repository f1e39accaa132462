import test from 'ava'
import { listQueue } from '../../../src/queue/tools/list-queue.ts'
import { readQueue } from '../../../src/queue/tools/read-queue.ts'
import { filledQueue } from '../../helpers/filled-queue.ts'

test('what waits and what is in flight are counted apart', async t => {
  const { directory, begin } = await filledQueue(t, [['a', 'b'], ['c'], ['d', 'e', 'f']])
  await begin()
  const { waiting, inFlight, oldestAt, segments } = await listQueue(await readQueue(directory))
  t.like(waiting, { batches: 2, logRecords: 4 })
  t.deepEqual(inFlight, { lots: 1, batches: 1, logRecords: 2 })
  t.true(Math.abs(Date.now() - Date.parse(oldestAt!)) < 600_000)
  t.deepEqual(
    segments.map(({ state, batches, logRecords }) => [state, batches, logRecords]),
    [['partly', 3, 6]],
  )
})

test('a queue that is empty says so', async t => {
  const { directory, queue, begin } = await filledQueue(t, [['a']])
  queue.done(await begin())
  await queue.stop()
  const { waiting, inFlight, oldestAt, segments } = await listQueue(await readQueue(directory))
  t.deepEqual(waiting, { batches: 0, logRecords: 0, bytes: 0 })
  t.is(inFlight.lots, 0)
  t.is(oldestAt, undefined)
  t.is(segments[0]?.state, 'done')
})

test('of several segments each has its state', async t => {
  const large = 'x'.repeat(40_000)
  const { directory, queue, begin } = await filledQueue(t, [[large], [large], [large]])
  await begin()
  queue.done(await begin())
  await queue.stop()
  const { segments } = await listQueue(await readQueue(directory))
  t.deepEqual(
    segments.map(({ state }) => state),
    ['partly', 'done', 'waiting'],
  )
})
