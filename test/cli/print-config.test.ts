import test from 'ava'
import { parse } from 'yaml'
import { configText } from '../helpers/fake-plugins.ts'
import { runFakeCli } from '../helpers/run-cli.ts'

const SECRET = `yaml:${configText({
  exporters: 'exporters:\n  debug:\n  store: {endpoint: "http://db", password: "${env:PW}"}\n',
  service:
    'service:\n  pipelines:\n    logs:\n      receivers: [otlp]\n      processors: [batch]\n      exporters: [store, debug]\n',
})}`
const env = { PW: 'hunter2' }

test('the merged and expanded config is printed without secrets', async t => {
  const args = ['print-config', '-c', SECRET, '--set', 'receivers::otlp::port=9']
  const { stdout, stderr, exitCode } = await runFakeCli(args, env)
  t.is(exitCode, 0)
  t.is(stderr, '')
  t.like(parse(stdout), {
    receivers: { otlp: { port: 9 } },
    exporters: { store: { password: '[REDACTED]' } },
  })
  t.notRegex(stdout, /hunter2/)
})

test('--mode unredacted, --format json and --with-defaults', async t => {
  const args = ['print-config', '-c', SECRET, '--mode', 'unredacted', '--format', 'json']
  const { stdout } = await runFakeCli([...args, '--with-defaults'], env)
  t.like(JSON.parse(stdout), { exporters: { store: { password: 'hunter2', timeout: '5s' } } })
})

test('the name that the Collector has for it works too', async t => {
  t.is((await runFakeCli(['print-initial-config', '-c', SECRET], env)).exitCode, 0)
})

test('a mode that does not exist', async t => {
  const { exitCode, stderr } = await runFakeCli(['print-config', '-c', SECRET, '--mode', 'x'])
  t.is(exitCode, 2)
  t.regex(stderr, /Allowed choices are redacted, unredacted/)
})
