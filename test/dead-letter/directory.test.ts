import { spawnSync } from 'node:child_process'
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import test from 'ava'
import {
  changeState,
  deleteDone,
  listLetters,
  makeDirectory,
  repairCrashed,
  usedBytes,
} from '../../src/dead-letter/directory.ts'
import { createHeader, encodeEntry, encodePayload } from '../../src/dead-letter/entry-format.ts'
import { metadataOf } from '../../src/dead-letter/metadata.ts'
import { letterOf } from '../helpers/dead-letters.ts'
import { tempFolder } from '../helpers/temp-folder.ts'

const NAME = '20261126T120000000Z-00000001'
const OTHER = '20261126T120000000Z-00000002'

/** A process id that was in use a moment ago. */
function deadPid(): number {
  return spawnSync(process.execPath, ['-e', '']).pid
}

/** A file as a process with this id would have left it, two bytes short. */
function torn(pid: number, host = hostname()): { bytes: Buffer; whole: number } {
  const { header, bytes } = createHeader()
  const line = bytes.toString().replace(/ \d+ \S+\n$/, ` ${pid} ${host}\n`)
  const entry = encodeEntry(header, encodePayload(metadataOf(letterOf(['a'])), Buffer.from('a')))
  const whole = Buffer.concat([Buffer.from(line), entry])
  return { bytes: Buffer.concat([whole, entry.subarray(0, -2)]), whole: whole.length }
}

test('the directory is made for its owner only', async t => {
  const folder = `${await tempFolder(t)}/a/b`
  await makeDirectory(folder)
  t.is((await stat(folder)).mode & 0o777, 0o700)
  await t.notThrowsAsync(makeDirectory(folder))
})

test('files are listed oldest first, with their state', async t => {
  const folder = await tempFolder(t)
  t.deepEqual(await listLetters(`${folder}/not-there`), [])
  for (const file of [`${OTHER}.letters`, `${NAME}.done`, `${NAME}.replayed`]) {
    await writeFile(`${folder}/${file}`, 'x')
  }
  t.deepEqual(await listLetters(folder), [
    { name: NAME, state: 'done' },
    { name: OTHER, state: 'letters' },
  ])
  t.is(await usedBytes(folder), 3)
})

test('what is not ours is an error that names it', async t => {
  const folder = await tempFolder(t)
  await writeFile(`${folder}/notes.txt`, 'x')
  await t.throwsAsync(listLetters(folder), {
    message: `"notes.txt" in ${folder} is not Parsec's: give dead letters a directory of their own`,
  })
  const nested = await tempFolder(t)
  await mkdir(`${nested}/${NAME}.letters`)
  await t.throwsAsync(listLetters(nested), { message: /is not Parsec's/ })
})

test('a torn entry of a process that is gone is cut off, and the file closed', async t => {
  const folder = await tempFolder(t)
  const { bytes, whole } = torn(deadPid())
  await writeFile(`${folder}/${NAME}.open`, bytes)
  t.deepEqual(await repairCrashed(folder), { files: 1, cutBytes: bytes.length - whole })
  t.deepEqual(await listLetters(folder), [{ name: NAME, state: 'letters' }])
  t.deepEqual(await readFile(`${folder}/${NAME}.letters`), bytes.subarray(0, whole))
  t.deepEqual(await repairCrashed(folder), { files: 0, cutBytes: 0 })
})

test('a file with our own process id is of a process before us', async t => {
  const folder = await tempFolder(t)
  await writeFile(`${folder}/${NAME}.open`, torn(process.pid).bytes)
  t.is((await repairCrashed(folder)).files, 1)
})

test('a file whose writer may be alive is left alone', async t => {
  const folder = await tempFolder(t)
  await writeFile(`${folder}/${NAME}.open`, torn(process.ppid).bytes)
  await writeFile(`${folder}/${OTHER}.open`, torn(deadPid(), 'another-host').bytes)
  t.is((await repairCrashed(folder)).files, 0)
  t.is((await listLetters(folder)).filter(({ state }) => state === 'open').length, 2)
})

test('only what has been replayed whole is deleted, with its marks', async t => {
  const folder = await tempFolder(t)
  for (const name of [NAME, OTHER]) {
    await writeFile(`${folder}/${name}.letters`, 'x')
    await writeFile(`${folder}/${name}.replayed`, 'x')
  }
  await changeState(folder, { name: NAME, state: 'letters' }, 'done')
  await deleteDone(folder)
  t.deepEqual((await readdir(folder)).sort(), [`${OTHER}.letters`, `${OTHER}.replayed`])
})
