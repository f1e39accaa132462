import test from 'ava'
import { InvalidArgumentError } from 'commander'
import { filterOf, parseTime } from '../../src/cli/dead-letter-options.ts'
import { configText, fakePlugins } from '../helpers/fake-plugins.ts'
import { letterFolder } from '../helpers/letter-folder.ts'
import { runFakeCli } from '../helpers/run-cli.ts'

test('a time is a date or how long ago', t => {
  t.is(parseTime('2026-11-26T12:00:00Z'), Date.UTC(2026, 10, 26, 12))
  for (const text of ['2h', '2h ago']) {
    t.true(Math.abs(Date.now() - 7_200_000 - parseTime(text)) < 60_000)
  }
  for (const text of ['soon', '12', '2026', '2026-99-99']) {
    t.throws(() => parseTime(text), { instanceOf: InvalidArgumentError })
  }
})

test('the options are the filter', t => {
  t.deepEqual(filterOf({ reason: 'r', destination: 'd', since: 1, until: 2 }), {
    reason: 'r',
    destination: 'd',
    sinceMs: 1,
    untilMs: 2,
  })
})

const ls = async (...args: readonly string[]) =>
  await runFakeCli(['dead-letter', 'ls', ...args], {}, fakePlugins)

test('the directory is that of the config', async t => {
  const directory = await letterFolder(t)
  const config = `yaml:${configText({ more: `  dead_letter: {directory: ${directory}}\n` })}`
  t.like(await ls('--config', config), { exitCode: 0, stdout: 'no dead letters\n' })
  const both = await ls('--config', config, directory)
  t.is(both.exitCode, 2)
  t.regex(both.stderr, /give a directory or --config, not both/)
})

test('a config without dead letters says what to add', async t => {
  const { exitCode, stderr } = await ls('--config', `yaml:${configText()}`)
  t.is(exitCode, 2)
  t.regex(stderr, /add service::dead_letter::directory/)
})

test('a directory that is not there is a mistake', async t => {
  const { exitCode, stderr } = await ls('/no/such/place')
  t.is(exitCode, 2)
  t.regex(stderr, /there is no directory \/no\/such\/place/)
})
