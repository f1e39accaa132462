import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { readQueue, undelivered } from '../../../src/queue/tools/read-queue.ts'
import { filledQueue, flipByte } from '../../helpers/filled-queue.ts'
import { tempFolder } from '../../helpers/temp-folder.ts'

test('what is begun comes before what waits', async t => {
  const { directory, begin } = await filledQueue(t, [['a'], ['b'], ['c']])
  await begin()
  const sequences = undelivered(await readQueue(directory)).map(({ from, to }) => [
    from.place.totals.sequence,
    to.place.totals.sequence,
  ])
  t.deepEqual(sequences, [
    [1, 2],
    [2, 4],
  ])
})

test('a queue in use is read and not changed', async t => {
  const { directory, queue, begin } = await filledQueue(t, [['a']])
  const before = await readQueue(directory)
  const after = await readQueue(directory)
  t.deepEqual(after.journal, before.journal)
  queue.done(await begin())
  t.is(queue.stats().size, 0)
})

test('what is wrong is told', async t => {
  const { directory, queue } = await filledQueue(t, [['a'], ['b']])
  await queue.stop()
  await flipByte(join(directory, 'segment-0000000001'), 100)
  const { troubles } = await readQueue(directory)
  t.is(troubles.length, 1)
  t.regex(troubles[0]!, /damage in a segment is passed over: file .*segment-0000000001, offset 64/)
})

test('an empty folder is a queue that never was used', async t => {
  const directory = join(await tempFolder(t), 'new')
  await mkdir(directory)
  t.is((await readQueue(directory)).segments.count, 0)
})
