import test from 'ava'
import { QueueFolder } from '../../../src/queue/log/queue-folder.ts'
import { recoverLog } from '../../../src/queue/log/recover-log.ts'
import { openTestQueue } from '../../helpers/file-queue.ts'

/*
 * What recovering finds is shown where it is used: open-log.test.ts, tools/verify-queue.test.ts. Here
 * is what it must not do.
 */

test('recovering reads and changes nothing', async t => {
  const { queue, files, offerAll } = await openTestQueue()
  await offerAll('a', 'b', 'c')
  await queue.stop()
  const before = new Map(
    [...files.names].map(([name, { content }]) => [name, Buffer.from(content)]),
  )
  const { tail, segments, journal } = await recoverLog(
    files,
    new QueueFolder(files, '/q', 0),
    message => t.fail(message),
  )
  t.is(tail.totals.records, 3)
  t.is(segments.count, 1)
  t.is(journal.state.cursor.place.totals.records, 0)
  t.deepEqual(new Map([...files.names].map(([name, { content }]) => [name, content])), before)
})
