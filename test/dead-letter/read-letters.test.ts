import { readdir, readFile, rename, writeFile } from 'node:fs/promises'
import test, { type ExecutionContext } from 'ava'
import { encodeEntry, encodePayload } from '../../src/dead-letter/entry-format.ts'
import { LetterFile } from '../../src/dead-letter/letter-file.ts'
import { metadataOf } from '../../src/dead-letter/metadata.ts'
import { endReplayedFiles } from '../../src/dead-letter/read-letters.ts'
import { addMark } from '../../src/dead-letter/replayed-marks.ts'
import { letterOf, lettersIn } from '../helpers/dead-letters.ts'
import { tempFolder } from '../helpers/temp-folder.ts'

const mark = { time: '2026-11-26T12:00:00.000Z', exporter: 'clickhouse' }

/** A folder with one closed file that holds an entry for each text. */
async function withFile(t: ExecutionContext, ...texts: string[]): Promise<string> {
  const folder = await tempFolder(t)
  await writeEntries(folder, texts)
  return folder
}

async function writeEntries(folder: string, texts: readonly string[]): Promise<void> {
  const file = await openFile(folder, texts)
  await file.close()
}

async function openFile(folder: string, texts: readonly string[]): Promise<LetterFile> {
  const file = await LetterFile.create(folder)
  const entries = texts.map(text =>
    encodeEntry(file.header, encodePayload(metadataOf(letterOf([text])), Buffer.from(text))),
  )
  await file.append(Buffer.concat(entries))
  return file
}

test('letters have an id of file and place, and know whether they were replayed', async t => {
  const folder = await withFile(t, 'one', 'two')
  const [first] = (await lettersIn(folder)).letters
  await addMark(folder, first!.file, first!.offset, mark)
  const { letters, troubles } = await lettersIn(folder)
  t.deepEqual(
    letters.map(({ id, replayed }) => [id, replayed]),
    [
      [`${first?.file}-${first?.offset}`, mark],
      [`${first?.file}-${letters[1]?.offset}`, undefined],
    ],
  )
  t.deepEqual(troubles, [])
})

test('a file that is being written is read up to where it is complete', async t => {
  const folder = await tempFolder(t)
  const writing = await openFile(folder, ['one'])
  t.teardown(() => writing.close())
  const [name] = await readdir(folder)
  const path = `${folder}/${name}`
  const bytes = await readFile(path)
  await writeFile(path, Buffer.concat([bytes, bytes.subarray(bytes.indexOf('\n') + 1, -3)]))
  const { letters, troubles } = await lettersIn(folder)
  t.is(letters.length, 1)
  t.deepEqual(troubles, [])
  await writeFile(`${folder}/20261126T120000000Z-00000001.open`, 'parsec dead')
  t.deepEqual((await lettersIn(folder)).troubles, [])
})

test('damage, a torn end and a foreign file are told, and the rest is read', async t => {
  const folder = await withFile(t, 'one', 'two', 'three')
  const [name] = await readdir(folder)
  const bytes = await readFile(`${folder}/${name}`)
  bytes[bytes.indexOf('q/two')]! ^= 1
  await writeFile(`${folder}/${name}`, bytes.subarray(0, -1))
  await writeFile(`${folder}/20261126T120000000Z-00000001.letters`, 'something else\n')
  const { letters, troubles } = await lettersIn(folder)
  t.deepEqual(
    letters.map(({ metadata }) => metadata.origin),
    ['q/one'],
  )
  t.regex(troubles.join('\n'), /1 damaged places were skipped/)
  t.regex(troubles.join('\n'), /the last entry was not written to its end/)
  t.regex(troubles.join('\n'), /00000001\.letters is no file of dead letters/)
})

test('a file ends when all its entries have been replayed and it can be read whole', async t => {
  const folder = await withFile(t, 'one', 'two')
  const names = async () => (await readdir(folder)).filter(name => !name.endsWith('replayed'))
  const { letters } = await lettersIn(folder)
  await addMark(folder, letters[0]!.file, letters[0]!.offset, mark)
  await endReplayedFiles(folder)
  t.deepEqual(await names(), [`${letters[0]!.file}.letters`])
  await addMark(folder, letters[0]!.file, letters[1]!.offset, mark)
  await endReplayedFiles(folder)
  t.deepEqual(await names(), [`${letters[0]!.file}.done`])
  t.is((await lettersIn(folder)).letters.length, 2)
})

test('a file that is closed while it is looked for is found under its new name', async t => {
  const folder = await withFile(t, 'one')
  const [name] = await readdir(folder)
  await rename(`${folder}/${name}`, `${folder}/${name?.replace('.letters', '.open')}`)
  const reading = lettersIn(folder)
  await rename(`${folder}/${name?.replace('.letters', '.open')}`, `${folder}/${name}`)
  t.true((await reading).letters.length <= 1)
  t.is((await lettersIn(folder)).letters.length, 1)
})
