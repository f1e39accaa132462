import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { realFiles } from '../../../src/queue/log/files.ts'
import { tempFolder } from '../../helpers/temp-folder.ts'

test('what is written at a position is read at it, and the rest is untouched', async t => {
  const path = join(await tempFolder(t), 'a')
  const file = await realFiles.openFile(path, 'create')
  await file.write([Buffer.from('hello '), Buffer.from('world')], 0)
  await file.write([Buffer.from('W')], 6)
  await file.sync()
  const target = Buffer.alloc(20)
  t.is(await file.read(target, 6), 5)
  t.is(target.toString('latin1', 0, 5), 'World')
  t.is(await file.read(target, 100), 0)
  t.is(await file.size(), 11)
  await file.close()
  t.is(await readFile(path, 'utf8'), 'hello World')
})

test('more buffers than the system takes at once are all written', async t => {
  const path = join(await tempFolder(t), 'a')
  const file = await realFiles.openFile(path, 'create')
  const buffers = Array.from({ length: 2500 }, (_, i) => Buffer.from(`${i},`))
  await file.write(buffers, 3)
  await file.close()
  t.is((await readFile(path, 'latin1')).slice(3), buffers.join(''))
})

test('files and folders are for the own user only', async t => {
  const folder = join(await tempFolder(t), 'deep', 'down')
  await realFiles.makeFolder(folder)
  await realFiles.makeFolder(folder)
  t.is((await stat(folder)).mode & 0o777, 0o700)
  await (await realFiles.openFile(join(folder, 'a'), 'create')).close()
  t.is((await stat(join(folder, 'a'))).mode & 0o777, 0o600)
})

test('create never opens what is there, write never makes what is not', async t => {
  const folder = await tempFolder(t)
  await writeFile(join(folder, 'a'), 'x')
  await t.throwsAsync(realFiles.openFile(join(folder, 'a'), 'create'), { code: 'EEXIST' })
  await t.throwsAsync(realFiles.openFile(join(folder, 'b'), 'write'), { code: 'ENOENT' })
  await t.throwsAsync(realFiles.openFile(join(folder, 'b'), 'read'), { code: 'ENOENT' })
})

test('what the system refuses is passed on', async t => {
  const folder = await tempFolder(t)
  await mkdir(join(folder, 'sub'))
  await writeFile(join(folder, 'a'), 'x')
  await t.throwsAsync(realFiles.syncFolder(join(folder, 'none')), { code: 'ENOENT' })
  await t.throwsAsync(realFiles.makeFolder(join(folder, 'a')), { code: 'EEXIST' })
  await t.throwsAsync(realFiles.remove(join(folder, 'none')), { code: 'ENOENT' })
  await t.throwsAsync(realFiles.rename(join(folder, 'none'), join(folder, 'b')), { code: 'ENOENT' })
  const file = await realFiles.openFile(join(folder, 'a'), 'read')
  await t.throwsAsync(file.write([Buffer.from('x')], 0), { code: 'EBADF' })
  await file.close()
})

test('a closed file never touches another that has its descriptor now', async t => {
  const folder = await tempFolder(t)
  const file = await realFiles.openFile(join(folder, 'a'), 'create')
  await file.close()
  await file.close()
  const others = ['b', 'c', 'd'].map(name => realFiles.openFile(join(folder, name), 'create'))
  await Promise.all(others)
  await t.throwsAsync(file.write([Buffer.from('x')], 0))
  await t.throwsAsync(file.read(Buffer.alloc(1), 0))
  await t.throwsAsync(file.sync())
  await t.throwsAsync(file.size())
  for (const other of others) t.is(await (await other).size(), 0)
})

test('names can be listed, renamed and removed', async t => {
  const folder = await tempFolder(t)
  for (const name of ['a', 'b']) await writeFile(join(folder, name), name)
  await realFiles.rename(join(folder, 'a'), join(folder, 'c'))
  await realFiles.remove(join(folder, 'b'))
  await realFiles.syncFolder(folder)
  t.deepEqual(await realFiles.list(folder), ['c'])
})
