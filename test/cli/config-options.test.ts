import test from 'ava'
import { Command } from 'commander'
import { addConfigOptions, loadFromOptions, loadOrThrow } from '../../src/cli/config-options.ts'
import type { CliContext } from '../../src/cli/context.ts'
import { UsageError } from '../../src/cli/exit-codes.ts'
import { ConfigError } from '../../src/config/problem.ts'
import { configText, fakePlugins } from '../helpers/fake-plugins.ts'

function contextFor(lines: string[]): CliContext {
  const stderr = { write: (text: string) => lines.push(text) } as unknown as NodeJS.WritableStream
  return { plugins: fakePlugins, env: {}, stdin: process.stdin, stdout: stderr, stderr }
}

test('--config and --set may be repeated and keep their order', t => {
  const command = addConfigOptions(new Command())
  command.parse(['-c', 'a', '--set', 'x=1', '--config', 'b', '--set', 'y=a,b'], { from: 'user' })
  t.deepEqual(command.opts(), { config: ['a', 'b'], set: ['x=1', 'y=a,b'] })
})

test('no config at all is a mistake of the command line', async t => {
  const error = await t.throwsAsync(loadFromOptions({}, contextFor([])), { instanceOf: UsageError })
  t.regex(error!.message, /config\/standalone\.yaml/)
})

test('a config that must be good: errors are thrown, warnings are told', async t => {
  const lines: string[] = []
  const text = configText({ exporters: 'exporters:\n  debug:\n  debug/2:\n' })
  const config = await loadOrThrow({ config: [`yaml:${text}`] }, contextFor(lines))
  t.deepEqual([...config.exporters.keys()], ['debug', 'debug/2'])
  t.regex(lines.join(''), /debug\/2: it is not used/)
  await t.throwsAsync(loadOrThrow({ config: ['yaml:x: 1'] }, contextFor([])), {
    instanceOf: ConfigError,
  })
})
