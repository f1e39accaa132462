import test from 'ava'
import { CrashFiles } from '../../helpers/crash-files.ts'
import { FaultyFiles } from '../../helpers/faulty-files.ts'
import { openTestLog, SEGMENT_BYTES, segmentPaths } from '../../helpers/test-log.ts'

test('what is appended is read in order, over many segments', async t => {
  const files = new CrashFiles()
  const log = await openTestLog(files)
  const texts = Array.from({ length: 40 }, (_, i) => `text ${i} ${'x'.repeat(i * 3)}`)
  const places = await log.append(...texts)
  t.deepEqual(await log.readAll(), texts)
  t.deepEqual(
    places.map(({ totals }) => totals.sequence),
    texts.map((_, i) => i + 1),
  )
  t.is(segmentPaths(files).length, log.segments.count)
  t.true(log.segments.count > 5)
})

test('many appends at once share a write and a sync', async t => {
  const files = new CrashFiles()
  const log = await openTestLog(files, { segmentBytes: 65536 })
  await log.append('first')
  const before = files.calls
  await log.append(...Array.from({ length: 100 }, (_, i) => `${i}`))
  // The first goes alone, the others wait for it.
  t.true(files.calls - before <= 4)
})

test('nothing is acknowledged that a power cut takes', async t => {
  const files = new CrashFiles()
  const log = await openTestLog(files)
  await log.append('a', 'b', 'c'.repeat(400), 'd')
  const next = await openTestLog(files.afterCrash('power', () => 0))
  t.deepEqual(await next.readAll(), ['a', 'b', 'c'.repeat(400), 'd'])
})

test('without sync a power cut takes what was acknowledged, and leaves a good log', async t => {
  const files = new CrashFiles()
  const log = await openTestLog(files, { sync: false })
  await log.append('a', 'b')
  const next = await openTestLog(files.afterCrash('power', () => 0))
  t.deepEqual(await next.readAll(), [])
  await next.append('c')
  t.deepEqual(await next.readAll(), ['c'])
})

test('a record longer than a segment gets a segment of its own', async t => {
  const files = new CrashFiles()
  const log = await openTestLog(files)
  const long = 'x'.repeat(5 * SEGMENT_BYTES)
  await log.append('a', long, 'b')
  t.deepEqual(await log.readAll(), ['a', long, 'b'])
  t.is(log.segments.count, 3)
})

test('a log is gone on with where it ended', async t => {
  const files = new CrashFiles()
  for (let life = 0; life < 5; life++) {
    const log = await openTestLog(files)
    await log.append(`a${life}`, `b${life}`)
    await log.close()
  }
  const log = await openTestLog(files)
  t.deepEqual((await log.readAll()).join(), 'a0,b0,a1,b1,a2,b2,a3,b3,a4,b4')
  t.deepEqual(log.troubles, [])
})

test('after a failed sync the segment is left, and all that waited hears of it', async t => {
  const files = new FaultyFiles()
  const log = await openTestLog(files)
  await log.append('a')
  files.failing = 'sync'
  const failed = await Promise.allSettled(['b', 'c', 'd'].map(text => log.append(text)))
  t.deepEqual(
    failed.map(({ status }) => status),
    Array(3).fill('rejected'),
  )
  files.failing = undefined
  await log.append('e', 'f')
  t.deepEqual(await log.readAll(), ['a', 'e', 'f'])
  t.is(log.segments.count, 2)
  await log.close()
  const next = await openTestLog(files)
  t.deepEqual(await next.readAll(), ['a', 'e', 'f'])
  t.deepEqual(next.log.tail.totals.sequence, 4)
})

test('sequences have no gap after a failure, however many had been given', async t => {
  const files = new FaultyFiles()
  const log = await openTestLog(files)
  files.failing = 'write'
  await Promise.allSettled(['a', 'b'].map(text => log.append(text)))
  files.failing = undefined
  const [place] = await log.append('c')
  t.is(place!.totals.sequence, 1)
})

test('a full disk fails what does not fit and takes on when there is space', async t => {
  const files = new CrashFiles()
  const log = await openTestLog(files)
  await log.append('a')
  files.capacityBytes = files.usedBytes + SEGMENT_BYTES / 2
  await log.append('b')
  await t.throwsAsync(log.append('x'.repeat(400)), { code: 'ENOSPC' })
  files.capacityBytes = Number.POSITIVE_INFINITY
  await log.append('c')
  t.deepEqual(await log.readAll(), ['a', 'b', 'c'])
})

test('a new segment that cannot be put in its place leaves no file behind', async t => {
  const files = new FaultyFiles()
  const log = await openTestLog(files)
  await log.append('a')
  const before = files.names.size
  for (const failing of ['write', 'sync', 'rename', 'syncFolder'] as const) {
    files.failing = failing
    for (let i = 0; i < 5; i++) await t.throwsAsync(log.append('x'.repeat(400)), { code: 'EIO' })
  }
  files.failing = undefined
  await log.append('b')
  t.deepEqual(await log.readAll(), ['a', 'b'])
  t.true(files.names.size <= before + 2, [...files.names.keys()].join())
})

test('closing waits for what is under way', async t => {
  const log = await openTestLog(new CrashFiles())
  const appended = log.append('a', 'b')
  await log.log.close()
  t.is((await appended).length, 2)
})
