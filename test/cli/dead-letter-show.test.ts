import test from 'ava'
import { sampleLogs } from '../../src/testing/index.ts'
import { letterOf, lettersIn } from '../helpers/dead-letters.ts'
import { letterFolder } from '../helpers/letter-folder.ts'
import { runFakeCli } from '../helpers/run-cli.ts'

const show = async (...args: readonly string[]) =>
  await runFakeCli(['dead-letter', 'show', ...args])

test('all that is known, and the records as OTLP JSON', async t => {
  const directory = await letterFolder(
    t,
    letterOf(['a']),
    letterOf(['b', 'c'], { rejectedCount: 1 }),
  )
  const { letters } = await lettersIn(directory)
  const { exitCode, stdout } = await show(letters[1]!.id, directory)
  t.is(exitCode, 0)
  t.regex(stdout, /^reason: +rejected \(invalid_argument\)$/m)
  t.regex(stdout, /^message: +no good$/m)
  t.regex(stdout, /^records: +rejected 1 of 2, the destination did not say which$/m)
  t.regex(stdout, /^request id: +r-1$/m)
  t.regex(stdout, /^replayed: +no$/m)
  t.regex(stdout, /"stringValue": "c"/)
  t.notRegex(stdout, /"stringValue": "a"/)
})

test('JSON is one object', async t => {
  const directory = await letterFolder(t, letterOf(['a']))
  const [letter] = (await lettersIn(directory)).letters
  const { stdout } = await show(letter!.id, directory, '--format', 'json')
  t.like(JSON.parse(stdout), {
    id: letter!.id,
    message: 'no good',
    omitted_records: 0,
    request: { resourceLogs: [{ scopeLogs: [{ logRecords: [{ body: { stringValue: 'a' } }] }] }] },
  })
})

test('only so many records are printed, and the rest is counted', async t => {
  const records = sampleLogs(Array.from({ length: 50 }, (_, i) => `body ${i}`))
  const directory = await letterFolder(t, letterOf([], { records }))
  const [letter] = (await lettersIn(directory)).letters
  const { stdout } = await show(letter!.id, directory)
  t.regex(stdout, /body 19/)
  t.notRegex(stdout, /body 20/)
  t.regex(stdout, /\.\.\. and 30 more records/)
  t.regex((await show(letter!.id, directory, '--records', '50')).stdout, /body 49/)
})

test('a huge record is cut', async t => {
  const records = sampleLogs(['x'.repeat(2_000_000)])
  const directory = await letterFolder(t, letterOf([], { records }))
  const [letter] = (await lettersIn(directory)).letters
  const { stdout } = await show(letter!.id, directory)
  t.true(stdout.length < 1_100_000)
  t.regex(stdout, /\.\.\. cut after 1048576 characters/)
})

test('an id that is not there is an error', async t => {
  const directory = await letterFolder(t)
  const { exitCode, stderr } = await show('x', directory)
  t.is(exitCode, 1)
  t.regex(stderr, /there is no dead letter x in .*: see parsec dead-letter ls/)
})
