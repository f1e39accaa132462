import { crc32c } from '@node-rs/crc32'
import test from 'ava'
import { encodeSegmentHeader } from '../../../src/queue/log/segment-header.ts'
import { CrashFiles } from '../../helpers/crash-files.ts'
import { FaultyFiles } from '../../helpers/faulty-files.ts'
import { damage, openTestLog, segmentPaths } from '../../helpers/test-log.ts'

const texts = Array.from({ length: 12 }, (_, i) => `text ${i + 1} ${'x'.repeat(60)}`)

/** The files of a queue of several segments, in which nothing has been sent. */
async function filled(files = new FaultyFiles(), all = texts): Promise<FaultyFiles> {
  const log = await openTestLog(files)
  for (const text of all) await log.append(text)
  await log.close()
  return files
}

function put(files: CrashFiles, path: string, content: Buffer): void {
  files.names.set(path, { content, durable: Buffer.from(content), pending: [] })
}

test('a directory that is empty becomes a queue', async t => {
  const log = await openTestLog(new CrashFiles())
  t.deepEqual(log.log.tail.totals, { sequence: 1, records: 0, bytes: 0 })
  t.deepEqual(log.troubles, [])
  t.deepEqual(await log.readAll(), [])
})

test('a queue keeps its id for as long as it lives', async t => {
  const files = await filled()
  const { queueId } = await openTestLog(files)
  t.is((await openTestLog(files)).queueId, queueId)
})

test('of a long backlog only headers and the last segment are read', async t => {
  const files = new FaultyFiles()
  const segmentBytes = 65536
  const log = await openTestLog(files, { segmentBytes })
  for (let i = 0; i < 60; i++) await log.append('x'.repeat(60_000))
  await log.close()
  files.readFrom.clear()
  const next = await openTestLog(files, { segmentBytes })
  t.is(next.log.tail.totals.records, 60)
  const paths = segmentPaths(files)
  t.is(paths.length, 60)
  for (const path of paths.slice(0, -1)) t.is(files.readFrom.get(path), 64)
  t.true((files.readFrom.get(paths.at(-1)!) ?? 0) <= segmentBytes + 64)
})

const refuses = test.macro(async (t, spoil: (files: FaultyFiles) => void, message: RegExp) => {
  const files = await filled()
  spoil(files)
  const before = new Map(
    [...files.names].map(([path, { content }]) => [path, Buffer.from(content)]),
  )
  await t.throwsAsync(openTestLog(files), { message })
  // Nothing is deleted and nothing is changed: a person has to look first.
  t.deepEqual([...files.names.keys()], [...before.keys()])
  for (const [path, { content }] of files.names) t.deepEqual(content, before.get(path))
})
test(
  'a foreign file stops the start, by name',
  refuses,
  files => put(files, '/q/photo.jpg', Buffer.from('x')),
  /^\/q\/photo\.jpg is no file of a queue: .* move the file or set another directory$/,
)
test(
  'a segment of a newer version stops the start, by name',
  refuses,
  files => withHeader(files, bytes => bytes.writeUInt32LE(2, 4)),
  /^\/q\/segment-0000000002 was written in version 2 of the queue format, .* run the newer Parsec/,
)
test(
  'a segment of another queue stops the start, by name',
  refuses,
  files => withHeader(files, bytes => bytes.fill(0xab, 48, 56)),
  /^\/q\/segment-0000000002 belongs to another queue \(id abababababababab, .* move it/,
)
test(
  'cursor files and headers that are all damaged stop the start, and tell of the tool',
  refuses,
  files => {
    for (const path of files.names.keys()) damage(files, path, 0, 64)
  },
  /^\/q: neither its cursor files nor any segment can be read: parsec queue verify \/q tells more$/,
)

function withHeader(files: CrashFiles, change: (bytes: Buffer) => void): void {
  const bytes = files.names.get(segmentPaths(files)[1]!)!.content.subarray(0, 64)
  change(bytes)
  bytes.writeUInt32LE(crc32c(bytes.subarray(0, 60)), 60)
}

test('a disk that cannot be read stops the start, by name', async t => {
  const files = await filled()
  files.failing = 'read'
  await t.throwsAsync(openTestLog(files), { message: /^\/q\/segment-0000000001 EIO: read$/ })
})

test('without any readable cursor file everything is sent again, and that is said', async t => {
  const files = await filled()
  const log = await openTestLog(files)
  const to = { place: log.log.tail, record: 0 }
  const sums = { requests: 12, records: 12, bytes: 0 }
  await log.journal.begin({ id: 1, from: log.journal.cursor, to, sums })
  log.journal.done(1)
  await log.close()
  for (const name of ['cursor-a', 'cursor-b']) damage(files, `/q/${name}`, 0, 64)
  const next = await openTestLog(files)
  t.deepEqual(next.troubles, [
    'the cursor files cannot be read: everything in the queue is sent again',
  ])
  t.deepEqual(await next.readAll(), texts)
  t.is(next.queueId, log.queueId)
})

const findsBatches = test.macro(async (t, index: number) => {
  const files = await filled()
  const paths = segmentPaths(files)
  const path = paths.at(index)!
  damage(files, path, 8, 8)
  const next = await openTestLog(files)
  t.deepEqual(next.troubles, [
    `the header of a segment is damaged; its batches are looked for ${path}`,
  ])
  t.deepEqual(await next.readAll(), texts)
  await next.append('one more')
  t.deepEqual(await next.readAll(), [...texts, 'one more'])
})
test('behind a damaged header the batches are found, in the first segment', findsBatches, 0)
test('behind a damaged header the batches are found, in the middle', findsBatches, 1)
test('behind a damaged header the batches are found, in the last segment', findsBatches, -1)

test('a segment under the number of another counts as damaged, not as its neighbour', async t => {
  const files = await filled()
  const [, second] = segmentPaths(files)
  const totals = { sequence: 999, records: 0, bytes: 0 }
  const { queueId } = await openTestLog(files)
  const header = { number: 77, totals, createdAtUnixMs: 0, queueId }
  encodeSegmentHeader(header).copy(files.names.get(second!)!.content)
  const next = await openTestLog(files)
  t.is(next.troubles.length, 1)
  t.deepEqual(await next.readAll(), texts)
})

test('a torn tail is the end, without a word, and is written over', async t => {
  const files = await filled(new FaultyFiles(), texts.slice(0, 2))
  const path = segmentPaths(files).at(-1)!
  const at = files.names.get(path)!.content.indexOf(texts[1]!)
  damage(files, path, at, 10)
  const next = await openTestLog(files)
  t.deepEqual(next.troubles, [])
  t.deepEqual(await next.readAll(), texts.slice(0, 1))
  await next.append('instead')
  await next.close()
  const last = await openTestLog(files)
  t.deepEqual(await last.readAll(), [texts[0], 'instead'])
})

test('damage before the end of the last segment is told and passed over', async t => {
  const files = await filled(new FaultyFiles(), ['first', 'second', 'third'])
  const [path] = segmentPaths(files)
  damage(files, path!, files.names.get(path!)!.content.indexOf('second'))
  const next = await openTestLog(files)
  t.deepEqual(next.troubles, [`damage in a segment is passed over ${path}`])
  t.is(next.log.tail.totals.sequence, 4)
  t.deepEqual(await next.readAll(), ['first', '-1/0', 'third'])
})
