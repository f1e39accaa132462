import { readdir, readFile, writeFile } from 'node:fs/promises'
import test from 'ava'
import { addMark } from '../../src/dead-letter/replayed-marks.ts'
import { letterOf, lettersIn } from '../helpers/dead-letters.ts'
import { letterFolder } from '../helpers/letter-folder.ts'
import { runFakeCli } from '../helpers/run-cli.ts'

const ls = async (...args: readonly string[]) => await runFakeCli(['dead-letter', 'ls', ...args])

test('one line a letter, and a sum', async t => {
  const directory = await letterFolder(
    t,
    letterOf(['a', 'b']),
    letterOf(['c', 'd', 'e'], { rejectedCount: 2, reason: 'rejected_by_destination' }),
  )
  const [first] = (await lettersIn(directory)).letters
  await addMark(directory, first!.file, first!.offset, {
    time: '2026-11-26T13:00:00.000Z',
    exporter: 'clickhouse',
  })
  const { exitCode, stdout, stderr } = await ls(directory)
  t.is(exitCode, 0)
  t.is(stderr, '')
  const [head, one, two, sum] = stdout.split('\n')
  t.regex(head!, /^id +time +destination +reason +records +rejected +bytes +replayed$/)
  t.regex(one!, / 2026-11-26T12:00:00\.000Z +clickhouse +rejected +2 +- +\d+ +2026-11-26T13:00/)
  t.true(one!.startsWith(first!.id))
  t.regex(two!, / rejected_by_destination +3 +2 +\d+ +-$/)
  t.is(sum, '2 letters, 4 records, 1 letter not replayed')
})

test('JSON has everything but the records, one object a line', async t => {
  const directory = await letterFolder(t, letterOf(['a']), letterOf(['b'], { reason: 'x' }))
  const { stdout } = await ls(directory, '--format', 'json', '--reason', 'x')
  const row = JSON.parse(stdout) as object
  t.like(row, { directory, reason: 'x', origin: 'q/b', records: 1, replayed: null })
})

test('letters are chosen by destination and time', async t => {
  const directory = await letterFolder(t, letterOf(['a']), letterOf(['b'], { destination: 'otlp' }))
  const count = async (...args: readonly string[]) => {
    const { stdout } = await ls(directory, '--format', 'json', ...args)
    return stdout === '' ? 0 : stdout.trim().split('\n').length
  }
  t.is(await count('--destination', 'otlp'), 1)
  t.is(await count('--since', '2026-11-26T12:00:00Z'), 2)
  t.is(await count('--until', '2026-11-26T12:00:00Z'), 0)
})

test('what cannot be read is told, the rest is listed', async t => {
  const directory = await letterFolder(t, letterOf(['a']), letterOf(['b']))
  const [file] = await readdir(directory)
  const bytes = await readFile(`${directory}/${file}`)
  bytes[bytes.indexOf('q/a')]! ^= 1
  await writeFile(`${directory}/${file}`, bytes)
  const { exitCode, stdout, stderr } = await ls(directory)
  t.is(exitCode, 0)
  t.regex(stderr, /1 damaged places were skipped/)
  t.regex(stdout, /^1 letter, 1 record/m)
})

test('a terminal is not told what to do by what a destination has said', async t => {
  const directory = await letterFolder(t, letterOf(['a'], { reason: '\u001b[2J' }))
  t.false((await ls(directory)).stdout.includes('\u001b'))
})

test('a directory of something else is an error', async t => {
  const directory = await letterFolder(t)
  await writeFile(`${directory}/other`, '')
  const { exitCode, stderr } = await ls(directory)
  t.is(exitCode, 1)
  t.regex(stderr, /"other" in .* is not Parsec's/)
})
