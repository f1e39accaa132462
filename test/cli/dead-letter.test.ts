import test from 'ava'
import { runFakeCli } from '../helpers/run-cli.ts'

test('without a command it shows what there is', async t => {
  const { exitCode, stderr } = await runFakeCli(['dead-letter'])
  t.is(exitCode, 2)
  for (const command of ['ls', 'show', 'replay']) t.regex(stderr, new RegExp(`^  ${command} `, 'm'))
})

test('its commands explain themselves', async t => {
  const { exitCode, stdout } = await runFakeCli(['dead-letter', 'replay', '--help'])
  t.is(exitCode, 0)
  t.regex(stdout, /stop Parsec before replaying into it/)
})

test('a wrong option is a usage error', async t => {
  t.is((await runFakeCli(['dead-letter', 'ls', '--colour'])).exitCode, 2)
})
