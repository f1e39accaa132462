import test from 'ava'
import type { Problem } from '../../src/config/problem.ts'
import { configText } from '../helpers/fake-plugins.ts'
import { runFakeCli } from '../helpers/run-cli.ts'

const BAD = `yaml:${configText({ receivers: 'receivers:\n  otlp:\n    prot: 1\n' })}`

test('a valid config says so and exits with 0', async t => {
  t.deepEqual(await runFakeCli(['validate', '--config', `yaml:${configText()}`]), {
    exitCode: 0,
    stdout: 'the config is valid\n',
    stderr: '',
  })
})

test('mistakes go to stderr with their lines', async t => {
  t.deepEqual(await runFakeCli(['validate', '--config', BAD]), {
    exitCode: 78,
    stdout: '',
    stderr: `yaml::3:5: error: receivers::otlp: unknown key "prot"; did you mean "port"?
   3 |     prot: 1
     |     ^^^^
1 error
`,
  })
})

test('JSON goes to stdout alone, for machines', async t => {
  const { exitCode, stdout, stderr } = await runFakeCli(['validate', '-c', BAD, '--format', 'json'])
  t.is(exitCode, 78)
  t.is(stderr, '')
  const { valid, problems } = JSON.parse(stdout) as { valid: boolean; problems: Problem[] }
  t.false(valid)
  t.deepEqual(problems, [
    {
      severity: 'error',
      file: 'yaml:',
      line: 3,
      column: 5,
      path: 'receivers::otlp',
      message: 'unknown key "prot"',
      suggestion: 'port',
      excerpt: { text: '    prot: 1', start: 4, length: 4 },
    },
  ])
})

test('warnings do not make a config invalid', async t => {
  const config = `yaml:${configText({ exporters: 'exporters:\n  debug:\n  debug/2:\n' })}`
  const { exitCode, stderr } = await runFakeCli(['validate', '-c', config])
  t.is(exitCode, 0)
  t.regex(stderr, /warning: exporters::debug\/2: it is not used in any pipeline/)
})
