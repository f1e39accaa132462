import test from 'ava'
import type { LogBatch } from '../../../src/batch/log-batch.ts'
import { exportAll, exportQueue } from '../../../src/queue/tools/export-queue.ts'
import { readQueue } from '../../../src/queue/tools/read-queue.ts'
import { bodiesOf } from '../../../src/testing/sample-logs.ts'
import { filledQueue } from '../../helpers/filled-queue.ts'
import { NEVER } from '../../helpers/verdict.ts'

async function bodies(batches: AsyncIterable<LogBatch>): Promise<string> {
  const all: string[] = []
  for await (const batch of batches) all.push(bodiesOf(batch).join(''))
  return all.join(' ')
}

test('what is not confirmed is exported: first what is in flight', async t => {
  const { directory, queue, begin } = await filledQueue(t, [['a', 'b'], ['c'], ['d']])
  queue.done(await begin())
  await begin()
  await queue.stop()
  t.is(await bodies(exportQueue(await readQueue(directory))), 'c d')
  t.is(await bodies(exportAll(await readQueue(directory))), 'ab c d')
})

test('of a batch that was cut, the records that are left', async t => {
  const { directory, queue } = await filledQueue(t, [['a', 'b', 'c', 'd']])
  const item = (await queue.take(NEVER))!
  const first = { parts: [{ item, from: 0, to: 1 }] }
  const second = { parts: [{ item, from: 1, to: 3 }] }
  for (const lot of [first, second]) await queue.begin(lot)
  queue.done(first)
  await queue.stop()
  t.is(await bodies(exportQueue(await readQueue(directory))), 'bc d')
})

test('batches have the identity they are sent with', async t => {
  const { directory, queue } = await filledQueue(t, [['a']])
  const { batch } = (await queue.take(NEVER))!
  for await (const exported of exportQueue(await readQueue(directory))) {
    t.is(exported.origin, batch.origin)
    t.deepEqual(exported.bytes, batch.bytes)
  }
  t.plan(2)
})
