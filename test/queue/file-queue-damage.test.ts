import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { FileQueue } from '../../src/queue/file-queue.ts'
import { lotRecords, type QueueItem, wholeLot } from '../../src/queue/queue.ts'
import { bodiesOf, sampleLogs } from '../../src/testing/sample-logs.ts'
import { tempFolder } from '../helpers/temp-folder.ts'
import { NEVER } from '../helpers/verdict.ts'

/*
 * Files that were damaged between two processes: what can be read goes on, what cannot is counted,
 * and the room it took is free again, once.
 */

interface Opened {
  readonly queue: FileQueue
  /** Reasons and log records. */
  readonly dropped: [string, number][]
}

async function open(t: ExecutionContext, directory: string): Promise<Opened> {
  const dropped: [string, number][] = []
  const queue = new FileQueue({
    name: 'damaged',
    directory,
    sizer: 'bytes',
    capacity: 1e6,
    overflow: 'refuse',
    segmentBytes: 64 * 1024,
    memoryBytes: 1e6,
    sync: true,
    events: {
      trouble: () => {},
      dropped: (reason, records) => void dropped.push([reason, records]),
      keptAfterAll: () => {},
    },
  })
  await queue.start()
  t.teardown(() => queue.stop())
  return { queue, dropped }
}

/** Flips a byte of the batch with this body, wherever it lies. */
async function damage(directory: string, body: string): Promise<void> {
  for (const name of await readdir(directory)) {
    const path = join(directory, name)
    const bytes = await readFile(path)
    const at = bytes.indexOf(body)
    if (at < 0) continue
    bytes[at]! ^= 0xff
    await writeFile(path, bytes)
  }
}

const EMPTY = { size: 0, items: 0, requests: 0, bytes: 0 }
const BODIES = ['first body', 'second body', 'third body']

test('a batch that is damaged while it waits is passed over, and takes no room', async t => {
  const directory = await tempFolder(t)
  const before = await open(t, directory)
  for (const body of BODIES) await before.queue.offer(sampleLogs([body, body]), NEVER)
  await before.queue.stop()
  await damage(directory, 'second body')

  const { queue } = await open(t, directory)
  t.is(await queue.resume(), undefined)
  const arrived: string[] = []
  for (let i = 0; i < 2; i++) {
    const item = await queue.take(NEVER)
    arrived.push(...bodiesOf(item!.batch))
    const lot = wholeLot(item!)
    await queue.begin(lot)
    queue.done(lot)
  }
  t.deepEqual(arrived, ['first body', 'first body', 'third body', 'third body'])
  t.like(queue.stats(), EMPTY)
})

test('a batch that is damaged while it is sent leaves its lot, is counted, and takes no room', async t => {
  const directory = await tempFolder(t)
  const before = await open(t, directory)
  const items: QueueItem[] = []
  for (const body of BODIES) {
    await before.queue.offer(sampleLogs([body, body]), NEVER)
    items.push((await before.queue.take(NEVER))!)
  }
  await before.queue.begin({ parts: items.flatMap(item => wholeLot(item).parts) })
  await before.queue.stop()
  await damage(directory, 'second body')

  const { queue, dropped } = await open(t, directory)
  const lot = await queue.resume()
  t.is(lotRecords(lot!), 4)
  t.deepEqual(dropped, [['damaged', 2]])
  queue.done(lot!)
  t.like(queue.stats(), EMPTY)
})
