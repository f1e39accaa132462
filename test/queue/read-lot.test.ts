import test from 'ava'
import { type Lot, wholeLot } from '../../src/queue/queue.ts'
import { bodiesOfLot, openTestQueue } from '../helpers/file-queue.ts'

/*
 * Damage inside a lot, and at its end, is in file-queue-damage.test.ts.
 */

test('a lot that cannot be read now is read later, and nobody is given less', async t => {
  const first = await openTestQueue()
  await first.offerAll('aaaa', 'bbbb', 'cccc')
  const items = [await first.take(), await first.take()]
  const lot: Lot = { parts: items.flatMap(item => wholeLot(item).parts) }
  await first.queue.begin(lot)
  await first.queue.stop()
  const { files } = first
  const next = await openTestQueue({ files })
  const openFile = files.openFile.bind(files)
  let failures = 2
  files.openFile = async (path, mode) => {
    if (mode === 'read' && failures-- > 0) throw Object.assign(new Error('EIO'), { code: 'EIO' })
    return await openFile(path, mode)
  }
  const resuming = next.queue.resume()
  for (let i = 0; i < 20; i++) await next.clock.advance(1000)
  const resumed = await resuming
  t.deepEqual(bodiesOfLot(resumed!), ['aaaa', 'bbbb'])
  t.true(next.troubles.includes('the queue cannot be read'))
  await next.queue.stop()
})
