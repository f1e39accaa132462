import { readFile } from 'node:fs/promises'
import test, { type ExecutionContext } from 'ava'
import { plugins } from '../../plugins/index.ts'
import type { DeadLetter } from '../../src/dead-letter/letter.ts'
import { letterOf } from '../helpers/dead-letters.ts'
import { letterFolder } from '../helpers/letter-folder.ts'
import { type CliRun, runFakeCli } from '../helpers/run-cli.ts'
import { startStoreChild } from '../helpers/store-child.ts'
import { tempFolder } from '../helpers/temp-folder.ts'

/** Replays with a config whose exporter `file` writes into a folder of the test. */
async function setUp(t: ExecutionContext, ...letters: readonly DeadLetter[]) {
  const directory = await letterFolder(t, ...letters)
  const out = `${await tempFolder(t)}/out.json`
  const store = `${await tempFolder(t)}/store`
  const config = `yaml:
receivers: {nop: }
exporters: {file: {path: ${out}}, clickhouse: {endpoint: "chdb://${store}"}}
service:
  dead_letter: {directory: ${directory}}
  pipelines: {logs: {receivers: [nop], exporters: [file, clickhouse]}}`
  const replay = (...args: readonly string[]): Promise<CliRun> =>
    runFakeCli(['dead-letter', 'replay', '--config', config, ...args], {}, plugins)
  return { replay, out, store }
}

test('letters are sent, named one by one, and summed up', async t => {
  const { replay, out } = await setUp(t, letterOf(['a', 'b'], { destination: 'file' }))
  const dry = await replay('--dry-run')
  t.is(dry.exitCode, 0)
  t.regex(dry.stdout, /would replay to file \(2 records\)\nwould replay 1 letter with 2 records\n$/)
  const { exitCode, stdout, stderr } = await replay()
  t.is(stderr, '')
  t.is(exitCode, 0)
  t.regex(stdout, / replayed to file \(2 records\)\nreplayed 1 letter with 2 records\n$/)
  t.regex(await readFile(out, 'utf8'), /"stringValue":"b"/)
  t.like(await replay(), { exitCode: 0, stdout: 'nothing to replay\n' })
})

test('what fails is told on stderr, and the exit code is 1', async t => {
  const { replay } = await setUp(
    t,
    letterOf(['a'], { destination: 'gone' }),
    letterOf(['b'], { destination: 'file' }),
  )
  const { exitCode, stdout, stderr } = await replay()
  t.is(exitCode, 1)
  t.regex(
    stderr,
    /failed \(1 records\): exporter gone is not in the config: name another one with --to/,
  )
  t.regex(stdout, /failed 1 letter with 1 record, replayed 1 letter with 1 record/)
  t.is((await replay('--to', 'file')).exitCode, 0)
})

test('a store that a running Parsec holds is said, with what to do', async t => {
  const { replay, store } = await setUp(t, letterOf(['a']))
  const child = await startStoreChild(t, `chdb://${store}`)
  const { exitCode, stderr } = await replay()
  t.is(exitCode, 1)
  t.regex(
    stderr,
    new RegExp(`process ${child.pid} has it open, and only one can: stop that one first`),
  )
  await child.stop()
  t.is((await replay()).exitCode, 0)
})

const isMisused = test.macro(async (t, args: readonly string[], message: RegExp) => {
  const { replay } = await setUp(t)
  const { exitCode, stderr } = await replay(...args)
  t.is(exitCode, 2)
  t.regex(stderr, message)
})
test('an exporter that is not there', isMisused, ['--to', 'x'], /there are file, clickhouse/)
test('a rate that is none', isMisused, ['--rate', 'fast'], /Write it as 1000\/s/)
test('a time that is none', isMisused, ['--since', 'soon'], /Write it as 2026-11-26/)
