import { appendFile, readFile, stat } from 'node:fs/promises'
import test from 'ava'
import { addMark, readMarks } from '../../src/dead-letter/replayed-marks.ts'
import { tempFolder } from '../helpers/temp-folder.ts'

const time = '2026-11-26T12:00:00.000Z'

test('marks are read again, whatever a crash has left between them', async t => {
  const folder = await tempFolder(t)
  t.is((await readMarks(folder, 'a')).size, 0)
  await addMark(folder, 'a', 70, { time, exporter: 'clickhouse' })
  await appendFile(`${folder}/a.replayed`, '\n123 2026-11-2')
  await addMark(folder, 'a', 900, { time, exporter: 'otlp/b' })
  await appendFile(`${folder}/a.replayed`, `\n55 ${time} cut`)
  t.deepEqual(
    [...(await readMarks(folder, 'a'))],
    [
      [70, { time, exporter: 'clickhouse' }],
      [900, { time, exporter: 'otlp/b' }],
    ],
  )
})

test('a mark is text, for its owner only', async t => {
  const folder = await tempFolder(t)
  await addMark(folder, 'a', 70, { time, exporter: 'clickhouse' })
  t.is(await readFile(`${folder}/a.replayed`, 'utf8'), `\n70 ${time} clickhouse\n`)
  t.is((await stat(`${folder}/a.replayed`)).mode & 0o777, 0o600)
})
