import { crc32c } from '@node-rs/crc32'
import test from 'ava'
import { recordSalt } from '../../src/queue/log/record.ts'
import { originOf } from '../../src/queue/read-batch.ts'
import { openTestQueue } from '../helpers/file-queue.ts'
import { segmentPaths } from '../helpers/test-log.ts'

/*
 * That a batch comes back as it went in is in file-queue.test.ts. Here: one that is intact, as its
 * CRC says, and no OTLP.
 */

/** Makes the n-th record of the first segment one that no decoder reads, with a CRC that fits. */
function spoil(first: Awaited<ReturnType<typeof openTestQueue>>, n: number): void {
  const [path] = segmentPaths(first.files)
  const { content } = first.files.names.get(path!)!
  const salt = recordSalt(content.toString('hex', 48, 56))
  let at = 64
  for (let i = 0; i < n; i++) at += 32 + content.readUInt32LE(at)
  const end = at + 32 + content.readUInt32LE(at)
  content.fill(0xff, at + 32 + content.readUInt32LE(at + 16), end)
  content.writeUInt32LE(crc32c(content.subarray(at + 8, end), salt), at + 4)
}

test('a batch that cannot be decoded is left out, counted and told; the queue goes on', async t => {
  const first = await openTestQueue()
  await first.offerAll('a', 'b', 'c')
  await first.queue.stop()
  spoil(first, 1)
  const next = await openTestQueue({ files: first.files })
  t.deepEqual(await next.drain(), ['a', 'c'])
  t.deepEqual(next.dropped, ['damaged 1'])
  t.true(next.troubles.includes('a batch in the queue cannot be decoded and is left out'))
  t.like(next.queue.stats(), { size: 0, items: 0, requests: 0 })
  await next.queue.stop()
})

test('in a lot that is sent again it is left out, too', async t => {
  const first = await openTestQueue()
  await first.offerAll('a', 'b')
  const items = [await first.take(), await first.take()]
  const parts = items.map(item => ({ item, from: 0, to: item.batch.count }))
  await first.queue.begin({ parts })
  await first.queue.stop()
  spoil(first, 0)
  const next = await openTestQueue({ files: first.files })
  const [lot] = await next.resumeAll()
  t.is(lot?.parts.length, 1)
  t.deepEqual(next.dropped, ['damaged 1'])
  next.queue.done(lot!)
  t.is(next.queue.stats().size, 0)
  await next.queue.stop()
})

test('a batch without an identity has that of its place', t => {
  t.is(originOf('0123456789abcdef', 7), '0123456789abcdef/7')
})
