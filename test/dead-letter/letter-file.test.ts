import { readdir, readFile, stat } from 'node:fs/promises'
import test from 'ava'
import { LetterFile } from '../../src/dead-letter/letter-file.ts'
import { tempFolder } from '../helpers/temp-folder.ts'

test('a file is open while it is written to, complete when it is closed, private always', async t => {
  const folder = await tempFolder(t)
  const file = await LetterFile.create(folder, new Date('2026-11-26T12:00:00.123Z'))
  const [name] = await readdir(folder)
  t.regex(name ?? '', /^20261126T120000123Z-[0-9a-f]{8}\.open$/)
  t.is((await stat(`${folder}/${name}`)).mode & 0o777, 0o600)
  await file.append(Buffer.from('abc'))
  t.is(file.size, file.header.length + 3)
  await file.close()
  const [closed] = await readdir(folder)
  t.is(closed, name?.replace('.open', '.letters'))
  t.true((await readFile(`${folder}/${closed}`, 'utf8')).endsWith('\nabc'))
})

test('a file without entries leaves nothing behind', async t => {
  const folder = await tempFolder(t)
  const file = await LetterFile.create(folder)
  await file.close()
  t.deepEqual(await readdir(folder), [])
})

test('two files begun in the same moment have different names', async t => {
  const folder = await tempFolder(t)
  const now = new Date()
  const files = await Promise.all([LetterFile.create(folder, now), LetterFile.create(folder, now)])
  t.is((await readdir(folder)).length, 2)
  await Promise.all(files.map(file => file.close()))
})

test('a directory that is not there is the error of the file system', async t => {
  const folder = await tempFolder(t)
  await t.throwsAsync(LetterFile.create(`${folder}/gone`), { code: 'ENOENT' })
})
