import { execFile } from 'node:child_process'
import { readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import test from 'ava'
import { systemClock } from '../../src/plugin/clock.ts'
import { FileQueue, type FileQueueOptions } from '../../src/queue/file-queue.ts'
import { wholeLot } from '../../src/queue/queue.ts'
import { bodiesOf, sampleLogs } from '../../src/testing/sample-logs.ts'
import { startQueueChild } from '../helpers/queue-child.ts'
import { tempFolder } from '../helpers/temp-folder.ts'
import { NEVER, watch } from '../helpers/verdict.ts'

/* The queue on a real file system, with real processes that are killed. */

function createQueue(directory: string, options: Partial<FileQueueOptions> = {}): FileQueue {
  return new FileQueue({
    name: 'otlp',
    directory,
    sizer: 'bytes',
    capacity: 1e9,
    overflow: 'refuse',
    segmentBytes: 65536,
    memoryBytes: 65536,
    sync: true,
    clock: systemClock,
    events: { trouble: () => {}, dropped: () => {}, keptAfterAll: () => {} },
    ...options,
  })
}

async function drain(queue: FileQueue): Promise<string[]> {
  const seen: string[] = []
  while (queue.stats().requests > 0) {
    const item = (await queue.take(NEVER))!
    const lot = wholeLot(item)
    seen.push(...bodiesOf(item.batch))
    await queue.begin(lot)
    queue.done(lot)
  }
  return seen
}

test('a process killed in a flood has kept every batch it acknowledged, in order', async t => {
  const directory = join(await tempFolder(t), 'queue')
  const acked: string[] = []
  for (let life = 0; life < 3; life++) {
    const child = startQueueChild(t, 'flood', directory)
    await child.heard(200)
    await child.kill()
    acked.push(...child.said.map(body => `${life}: ${body}`))
    t.false(child.said.some(body => body.startsWith('trouble')))
    if (life < 2) continue
    const queue = createQueue(directory)
    await queue.start()
    const seen = await drain(queue)
    await queue.stop()
    const there = new Map<string, number>()
    for (const body of seen) there.set(body, (there.get(body) ?? 0) + 1)
    for (const body of acked) {
      const text = body.slice(body.indexOf(' ') + 1)
      const count = there.get(text) ?? 0
      t.true(count > 0, `${body} is lost`)
      there.set(text, count - 1)
    }
    // Each sender's batches are in the order it offered them, life by life.
    for (let sender = 0; sender < 8; sender++) {
      const own = seen.filter(body => body.startsWith(`${sender}/`) && body.includes('.0'))
      const counts = own.map(body => Number(/\/(\d+)\./.exec(body)![1]))
      const steps = counts.filter((count, i) => i > 0 && count !== counts[i - 1]! + 1)
      t.true(steps.length <= 2 && steps.every(count => count === 0), counts.join())
    }
  }
})

test('a directory that is open is refused, by pid, and nothing in it changes', async t => {
  const directory = await tempFolder(t)
  const queue = createQueue(directory)
  await queue.start()
  await queue.offer(sampleLogs(['a']), NEVER)
  const before = await readdir(directory)
  await t.throwsAsync(createQueue(directory).start(), {
    message: new RegExp(`is in use by process ${process.pid}`),
  })
  t.deepEqual(await readdir(directory), before)
  await queue.stop()
  t.false((await readdir(directory)).includes('lock'))
})

test('a start that fails gives the directory back', async t => {
  const directory = await tempFolder(t)
  await writeFile(join(directory, 'photo.jpg'), '')
  await t.throwsAsync(createQueue(directory).start(), {
    message: /photo\.jpg is no file of a queue/,
  })
  t.deepEqual(await readdir(directory), ['photo.jpg'])
  await rm(join(directory, 'photo.jpg'))
  const queue = createQueue(directory)
  await queue.start()
  await queue.stop()
  t.pass()
})

test('a file in the place of the directory is named', async t => {
  const directory = join(await tempFolder(t), 'file')
  await writeFile(directory, '')
  await t.throwsAsync(createQueue(directory).start(), { message: new RegExp(directory) })
  await t.throwsAsync(createQueue(join(directory, 'below')).start(), {
    message: new RegExp(directory),
  })
})

const run = promisify(execFile)

/** A file system of its own; without the right to mount one, only in CI a failure. */
async function mounted(directory: string, options: string): Promise<boolean> {
  try {
    await run('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', directory])
    return true
  } catch (error) {
    if (process.env['CI']) throw error
    return false
  }
}

test('a full file system refuses retryably, can be emptied, and takes on by itself', async t => {
  const directory = await tempFolder(t)
  if (!(await mounted(directory, 'size=1m'))) {
    t.log('SKIPPED: mounting a tmpfs needs root')
    t.pass()
    return
  }
  t.teardown(() => run('umount', ['-l', directory]))
  const queue = createQueue(directory)
  await queue.start()
  const bodies: string[] = []
  let text = 'ok'
  for (let i = 0; text === 'ok' && i < 1000; i++) {
    const body = `${i} ${'x'.repeat(20_000)}`
    const offered = watch(queue.offer(sampleLogs([body]), NEVER))
    await offered.promise
    text = offered.text
    if (text === 'ok') bodies.push(body)
  }
  t.is(text, 'retryable disk_full')
  t.true(bodies.length > 10)
  t.deepEqual(await drain(queue), bodies)
  for (let tries = 0; text !== 'ok' && tries < 50; tries++) {
    await new Promise(resolve => setTimeout(resolve, 100))
    const again = watch(queue.offer(sampleLogs(['again']), NEVER))
    await again.promise
    text = again.text
  }
  t.is(text, 'ok')
  t.deepEqual(await drain(queue), ['again'])
  await queue.stop()
})

test('a file system that is read only stops the start and is named', async t => {
  const directory = await tempFolder(t)
  if (!(await mounted(directory, 'size=1m,ro'))) {
    t.log('SKIPPED: mounting a tmpfs needs root')
    t.pass()
    return
  }
  t.teardown(() => run('umount', ['-l', directory]))
  await t.throwsAsync(createQueue(directory).start(), {
    message: new RegExp(`^the queue in ${directory} cannot be opened: EROFS.*mount it for writing`),
  })
})
