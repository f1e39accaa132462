import test from 'ava'
import { fill, QueueFolder } from '../../../src/queue/log/queue-folder.ts'
import { CrashFiles } from '../../helpers/crash-files.ts'

const KIB = 1024

function create(names: readonly string[] = []): { files: CrashFiles; folder: QueueFolder } {
  const files = new CrashFiles()
  for (const name of names) put(files, name, KIB)
  return { files, folder: new QueueFolder(files, '/q', 4 * KIB) }
}

function put(files: CrashFiles, name: string, bytes: number): void {
  const content = Buffer.alloc(bytes, 1)
  files.names.set(`/q/${name}`, { content, durable: Buffer.from(content), pending: [] })
}

const namesIn = (files: CrashFiles): string[] => [...files.names.keys()].sort()

test('what belongs to a queue is told apart', async t => {
  const { folder } = create([
    'segment-0000000010',
    'segment-0000000009',
    'spare-3',
    'cursor-a',
    'cursor-b',
    'lock',
    'lock.123',
    'damaged',
    'lost+found',
    'worker-1',
    'segment-12345678901',
  ])
  t.deepEqual(await folder.list(), { segments: [9, 10, 12345678901], spares: ['spare-3'] })
})

const isForeign = test.macro(async (t, name: string) => {
  const { files, folder } = create(['segment-0000000001', name])
  const before = namesIn(files)
  await t.throwsAsync(folder.list(), {
    message: `/q/${name} is no file of a queue: a queue needs a directory of its own; move the file or set another directory`,
  })
  t.deepEqual(namesIn(files), before)
})
test('a file that is none of a queue', isForeign, 'important.txt')
test('a name that is nearly one of a segment', isForeign, 'segment-1')
test('a copy of a segment', isForeign, 'segment-0000000001.bak')
test('what is nearly the folder of a worker', isForeign, 'worker-x')
test('a third cursor file', isForeign, 'cursor-c')

test('a new segment has all its space before anything is written into it', async t => {
  const { files, folder } = create()
  await folder.list()
  const ready = await folder.makeReady(100)
  t.is(ready.bytes, 4 * KIB)
  t.is(files.usedBytes, 4 * KIB)
  await folder.enlist(ready, 7)
  t.deepEqual(namesIn(files), ['/q/segment-0000000007'])
})

test('a record larger than a segment gets one of its own size', async t => {
  const { folder } = create()
  t.is((await folder.makeReady(9 * KIB)).bytes, 64 + 9 * KIB)
})

test('a segment that was put away is used again; more than two are removed', async t => {
  const { files, folder } = create()
  for (let number = 1; number <= 4; number++) {
    const ready = await folder.makeReady(100)
    await folder.enlist(ready, number)
  }
  for (let number = 1; number <= 4; number++) await folder.retire(number)
  t.is(files.names.size, 2)
  await folder.settle()
  const { bytes } = await folder.makeReady(100)
  t.is(bytes, 4 * KIB)
  t.is(files.usedBytes, 8 * KIB)
})

test('what was put away is not used again before a power cut can no longer bring it back', async t => {
  const { files, folder } = create()
  await folder.enlist(await folder.makeReady(100), 1)
  await folder.retire(1)
  t.is((await folder.makeReady(100)).name, 'spare-3')
  await folder.settle()
  t.is((await folder.makeReady(100)).name, 'spare-2')
  t.is(files.names.size, 2)
})

test('a file that could not be given its place is removed', async t => {
  const { files, folder } = create()
  await folder.discard(await folder.makeReady(100))
  t.is(files.names.size, 0)
})

test('spares that do not fit are removed, not hoarded', async t => {
  const { files, folder } = create()
  put(files, 'spare-5', 4 * KIB - 1)
  put(files, 'spare-6', 8 * KIB + 1)
  await folder.list()
  const ready = await folder.makeReady(100)
  t.is(ready.bytes, 4 * KIB)
  t.deepEqual(namesIn(files), [`/q/${ready.name}`])
})

test('a spare of before a restart is used again', async t => {
  const { files, folder } = create()
  put(files, 'spare-5', 6 * KIB)
  await folder.list()
  const ready = await folder.makeReady(100)
  t.deepEqual([ready.name, ready.bytes], ['spare-5', 6 * KIB])
  t.is((await folder.makeReady(100)).name, 'spare-6')
})

test('what a full disk has taken of a new segment is given back', async t => {
  const { files, folder } = create()
  files.capacityBytes = 3 * KIB
  await t.throwsAsync(folder.makeReady(100), { code: 'ENOSPC' })
  t.is(files.names.size, 0)
})

test('a file is filled with zeros, over what is there, in parts', async t => {
  const files = new CrashFiles()
  put(files, 'a', 100)
  const file = await files.openFile('/q/a', 'write')
  const bytes = 9 * KIB * KIB + 5
  await fill(file, bytes)
  const { content, pending } = files.names.get('/q/a')!
  t.is(content.length, bytes)
  t.true(content.every(byte => byte === 0))
  t.is(pending.length, 0)
})
