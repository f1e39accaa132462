import test from 'ava'
import { BatchFormer } from '../../src/export/batch-former.ts'
import { type Lot, wholeLot } from '../../src/queue/queue.ts'
import { settle } from '../../src/testing/manual-clock.ts'
import { bodiesOf } from '../../src/testing/sample-logs.ts'
import { bodiesOfLot, openTestQueue } from '../helpers/file-queue.ts'
import { segmentPaths } from '../helpers/test-log.ts'

/* `drop_oldest` on disk: what is dropped stays dropped, and holds up nothing. */

test('drop_oldest drops what was not begun, counts it, and a restart does not bring it back', async t => {
  const options = { sizer: 'items', capacity: 5, overflow: 'drop_oldest' } as const
  const { queue, offerAll, take, dropped, files } = await openTestQueue(options)
  await offerAll('a,b', 'c', 'd', 'e')
  const lot: Lot = { parts: [{ item: await take(), from: 0, to: 2 }] }
  await queue.begin(lot)
  await offerAll('f,g')
  t.deepEqual(dropped, ['queue_overflow 1', 'queue_overflow 1'])
  t.is(queue.stats().size, 5)
  await queue.stop()
  const next = await openTestQueue({ ...options, files })
  t.deepEqual((await next.resumeAll()).map(bodiesOfLot), [['a', 'b']])
  t.deepEqual(bodiesOf((await next.take()).batch), ['e'])
  t.deepEqual(bodiesOf((await next.take()).batch), ['f', 'g'])
})

test('what was dropped is not in a lot between two batches that were not', async t => {
  const options = { sizer: 'items', capacity: 5, overflow: 'drop_oldest' } as const
  const { queue, offerAll, take, files, dropped } = await openTestQueue(options)
  await offerAll('a,b', 'c', 'd', 'e')
  const first = await take()
  await queue.begin({ parts: [{ item: first, from: 0, to: 1 }] })
  await offerAll('f,g')
  const next = await take()
  t.deepEqual([bodiesOf(next.batch), next.afterGap], [['e'], true])
  t.is((await take()).afterGap, undefined)
  t.deepEqual(dropped, ['queue_overflow 1', 'queue_overflow 1'])
  // The rest of the first is in hand: the next process must not find what was dropped behind it.
  await queue.begin({ parts: [{ item: first, from: 1, to: 2 }] })
  await queue.begin(wholeLot(next))
  await queue.stop()
  const last = await openTestQueue({ ...options, files })
  t.deepEqual((await last.resumeAll()).map(bodiesOfLot), [['a'], ['b'], ['e']])
  t.deepEqual(bodiesOf((await last.take()).batch), ['f', 'g'])
})

test('drop_oldest for a long time behind the rest of a batch keeps disk and memory bounded', async t => {
  const options = { sizer: 'bytes', capacity: 8192, overflow: 'drop_oldest' } as const
  const { queue, offerAll, take, files } = await openTestQueue(options)
  await offerAll('a,b')
  const item = await take()
  await queue.begin({ parts: [{ item, from: 0, to: 1 }] })
  for (let i = 0; i < 300; i++) await offerAll(`${i} ${'x'.repeat(500)}`)
  for (let i = 0; i < 50; i++) await settle()
  t.true(segmentPaths(files).length <= 9, `${segmentPaths(files).length} segments`)
  const rest: Lot = { parts: [{ item, from: 1, to: 2 }] }
  await queue.begin(rest)
  queue.done(rest)
  t.true(queue.stats().size <= 8192)
  t.true(queue.stats().requests > 5)
})

test('a batch is not formed of what lies on both sides of something dropped', async t => {
  const options = { sizer: 'items', capacity: 6, overflow: 'drop_oldest' } as const
  const { queue, offerAll, clock, files } = await openTestQueue(options)
  const source = {
    resume: () => queue.resume(),
    take: (signal: AbortSignal) => queue.take(signal),
    begin: (lot: Lot) => queue.begin(lot),
    nameOf: (lot: Lot) => queue.nameOf(lot),
    done: (lot: Lot) => queue.done(lot),
    settle: () => {},
  }
  const config = { flush_timeout: 0, min_size: 3, max_size: 3, sizer: 'items' } as const
  const former = new BatchFormer(source, config, clock)
  await offerAll('a,b,c,d', 'e', 'f')
  const sent = [await former.next()]
  // The sender is busy with the first three; d is in hand.
  await offerAll('g', 'h')
  sent.push(await former.next())
  const last = former.next()
  await clock.advance(1)
  sent.push(await last)
  t.deepEqual(
    sent.map(formed => bodiesOf(formed!.batch)),
    [['a', 'b', 'c'], ['d'], ['g', 'h']],
  )
  await queue.stop()
  const next = await openTestQueue({ ...options, files })
  t.deepEqual((await next.resumeAll()).map(bodiesOfLot), [['a', 'b', 'c'], ['d'], ['g', 'h']])
})
