import { execFile } from 'node:child_process'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import test from 'ava'
import { configText } from '../helpers/fake-plugins.ts'
import { runFakeCli } from '../helpers/run-cli.ts'

const run = promisify(execFile)

const exits = test.macro(
  async (t, args: string[], exitCode: number, stream: 'stdout' | 'stderr', text: RegExp) => {
    const result = await runFakeCli(args)
    t.is(result.exitCode, exitCode)
    t.regex(result[stream], text)
    t.is(result[stream === 'stdout' ? 'stderr' : 'stdout'], '')
  },
)
test('--help tells where to start', exits, ['--help'], 0, 'stdout', /Start here:[\s\S]*parsec run/)
test('no command is a wrong command line and shows the help', exits, [], 2, 'stderr', /Start here:/)
test('--version prints the version alone', exits, ['--version'], 0, 'stdout', /^\d+\.\d+\.\d+\n$/)
test('an unknown command', exits, ['valdate'], 2, 'stderr', /Did you mean validate\?/)
test('an unknown option', exits, ['validate', '--x'], 2, 'stderr', /unknown option '--x'/)
test('an option without its value', exits, ['validate', '-c'], 2, 'stderr', /argument missing/)
test('help of a command', exits, ['help', 'validate'], 0, 'stdout', /--config <source>[\s\S]*78/)
test(
  'a config with errors',
  exits,
  ['print-config', '-c', 'yaml:a: 1'],
  78,
  'stderr',
  /unknown section "a"/,
)
test('a config that is missing', exits, ['validate', '-c', 'no.yaml'], 78, 'stderr', /no such file/)

test('every command has a description and examples in its help', async t => {
  const { stdout } = await runFakeCli(['--help'])
  const names = [...stdout.matchAll(/^ {2}([a-z][a-z-]*)(?:[ |])/gm)].map(([, name]) => name!)
  t.true(names.includes('validate') && names.includes('run'))
  for (const name of names.filter(name => name !== 'help')) {
    const help = await runFakeCli([name, '--help'])
    t.is(help.exitCode, 0)
    t.regex(help.stdout, /^Usage: parsec .*\n\n.+/)
    t.regex(help.stdout, /Examples?:\n/, name)
  }
})

test('the installed command passes arguments and exit codes through', async t => {
  const bin = join('bin', 'parsec.js')
  const good = await run(process.execPath, [bin, 'components', 'exporters'])
  t.regex(good.stdout, /^exporters:\n {2}- type: /)
  const args = [bin, 'validate', '--config', `yaml:${configText({ more: 'x: 1\n' })}`]
  const bad = await t.throwsAsync(run(process.execPath, args))
  t.is((bad as Error & { code?: number }).code, 78)
})

test('a checkout that is not built says what to do', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'parsec-bin-'))
  t.teardown(() => rm(folder, { recursive: true }))
  await cp('bin', join(folder, 'bin'), { recursive: true })
  const error = await t.throwsAsync(run(process.execPath, [join(folder, 'bin', 'parsec.js')]))
  t.is((error as Error & { code?: number }).code, 1)
  t.regex((error as Error & { stderr: string }).stderr, /run "npm run setup" first/)
})
