import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import { type Files, realFiles } from '../../../src/queue/log/files.ts'
import { powerLossFiles } from '../../../src/testing/oracle/power-loss-files.ts'
import { Random } from '../../../src/testing/oracle/random.ts'
import { tempFolder } from '../../helpers/temp-folder.ts'

/** A process; another one after it sees what a power cut between them has left. */
function boot(seed = 1): Files {
  return powerLossFiles(realFiles, new Random(seed))
}

async function folderOf(t: ExecutionContext): Promise<string> {
  const folder = join(await tempFolder(t), 'queue')
  await mkdir(folder)
  return folder
}

async function content(files: Files, path: string): Promise<string> {
  const file = await files.openFile(path, 'read')
  const bytes = Buffer.alloc(await file.size())
  await file.read(bytes, 0)
  await file.close()
  return bytes.toString()
}

async function create(files: Files, path: string, text: string, sync: boolean): Promise<void> {
  const file = await files.openFile(path, 'create')
  await file.write([Buffer.from(text)], 0)
  if (sync) await file.sync()
  await file.close()
}

test('what was synced, file and folder, is there after a power cut', async t => {
  const folder = await folderOf(t)
  const files = boot()
  await create(files, join(folder, 'a'), 'text', true)
  await files.syncFolder(folder)
  t.is(await content(boot(), join(folder, 'a')), 'text')
})

test('a name that was not synced is gone', async t => {
  const folder = await folderOf(t)
  await create(boot(), join(folder, 'a'), 'text', true)
  t.deepEqual(await boot().list(folder), [])
})

test('a rename and a removal that were not synced never happened', async t => {
  const folder = await folderOf(t)
  const files = boot()
  for (const name of ['a', 'b']) await create(files, join(folder, name), name, true)
  await files.syncFolder(folder)
  await files.rename(join(folder, 'a'), join(folder, 'c'))
  await files.remove(join(folder, 'b'))
  t.deepEqual(await files.list(folder), ['c'])
  const next = boot()
  t.deepEqual((await next.list(folder)).toSorted(), ['a', 'b'])
  t.is(await content(next, join(folder, 'a')), 'a')
})

test('files that change names in a circle keep their bytes', async t => {
  const folder = await folderOf(t)
  const files = boot()
  for (const name of ['a', 'b']) await create(files, join(folder, name), name, true)
  await files.syncFolder(folder)
  await files.rename(join(folder, 'a'), join(folder, 'x'))
  await files.rename(join(folder, 'b'), join(folder, 'a'))
  await files.rename(join(folder, 'x'), join(folder, 'b'))
  await files.syncFolder(folder)
  const next = boot()
  t.is(await content(next, join(folder, 'a')), 'b')
  t.is(await content(next, join(folder, 'b')), 'a')
})

test('bytes that were not synced are mostly lost, and sometimes there early', async t => {
  const folder = await folderOf(t)
  const found = new Set<string>()
  for (let seed = 1; seed <= 40; seed++) {
    const files = boot(seed)
    const path = join(folder, `file-${seed}`)
    await create(files, path, 'old', true)
    await files.syncFolder(folder)
    const file = await files.openFile(path, 'write')
    await file.write([Buffer.from('new')], 0)
    t.is(await content(files, path), 'new')
    await file.close()
    found.add(await content(boot(), path))
  }
  t.deepEqual([...found].toSorted(), ['new', 'old'])
})

test('the process itself sees its writes at once, like on any file system', async t => {
  const folder = await folderOf(t)
  let runs = 0
  const step = fc.record({
    at: fc.nat(40),
    text: fc.string({ minLength: 1, maxLength: 20 }),
    sync: fc.boolean(),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async steps => {
      const files = boot(++runs)
      const path = join(folder, `file-${runs}`)
      const file = await files.openFile(path, 'create')
      let model: Buffer = Buffer.alloc(0)
      for (const { at, text, sync } of steps) {
        const bytes = Buffer.from(text)
        await file.write([bytes.subarray(0, 1), bytes.subarray(1)], at)
        const grown = Buffer.alloc(Math.max(model.length, at + bytes.length))
        model.copy(grown)
        bytes.copy(grown, at)
        model = grown
        if (sync) await file.sync()
        t.is(await content(files, path), model.toString())
      }
      await file.close()
    }),
    { numRuns: 30 },
  )
})
