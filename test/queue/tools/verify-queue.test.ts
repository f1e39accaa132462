import { join } from 'node:path'
import test from 'ava'
import { readQueue } from '../../../src/queue/tools/read-queue.ts'
import { verifyQueue } from '../../../src/queue/tools/verify-queue.ts'
import { filledQueue, flipByte } from '../../helpers/filled-queue.ts'

const large = 'x'.repeat(40_000)

test('every record is read, sent or not', async t => {
  const { directory, queue, begin } = await filledQueue(t, [[large], [large], ['a', 'b']])
  queue.done(await begin())
  const { batches, logRecords, damages } = await verifyQueue(await readQueue(directory))
  t.true(batches >= 2 && logRecords >= 3)
  t.deepEqual(damages, [])
})

test('damage is found with its place, and what lies around it is intact', async t => {
  const { directory, queue } = await filledQueue(t, [['a'], ['b'], ['c']])
  await queue.stop()
  const path = join(directory, 'segment-0000000001')
  const record = (await verifyQueue(await readQueue(directory))).bytes / 3
  await flipByte(path, 64 + record + 50)
  const { batches, damages } = await verifyQueue(await readQueue(directory))
  t.is(batches, 2)
  t.like(damages[0], { file: path, offset: 64 + record, bytes: record, batches: 1 })
  t.is(damages.length, 1)
})

test('a damaged header is damage without a batch', async t => {
  const { directory, queue } = await filledQueue(t, [[large], [large], ['a']])
  await queue.stop()
  await flipByte(join(directory, 'segment-0000000002'), 20)
  const { batches, damages } = await verifyQueue(await readQueue(directory))
  t.is(batches, 3)
  t.deepEqual(
    damages.map(({ offset, batches: lost }) => [offset, lost]),
    [[0, 0]],
  )
})
