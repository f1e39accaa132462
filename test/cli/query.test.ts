import test from 'ava'
import { storeConfig, storePlugins } from '../helpers/fake-store.ts'
import { type CliRun, runFakeCli } from '../helpers/run-cli.ts'

const query = (...args: readonly string[]): Promise<CliRun> =>
  runFakeCli(['query', '--config', storeConfig('sql'), ...args], {}, storePlugins)

test('what the store answers goes to stdout as it is', async t => {
  const { exitCode, stdout, stderr } = await query('SELECT 1')
  t.deepEqual(JSON.parse(stdout), { table: 't', sql: 'SELECT 1', timeoutMs: 60_000 })
  t.is(stderr, '')
  t.is(exitCode, 0)
})

test('format and timeout are passed on', async t => {
  const { stdout } = await query('--format', 'CSV', '--timeout', '2s', 'SELECT 1')
  t.like(JSON.parse(stdout), { format: 'CSV', timeoutMs: 2000 })
})

test('a failed query exits with 1 and says why on stderr', async t => {
  const { exitCode, stdout, stderr } = await query('FAIL')
  t.is(exitCode, 1)
  t.is(stdout, '')
  t.regex(stderr, /Syntax error/)
})

const misused = test.macro<[args: readonly string[], message: RegExp]>(async (t, args, message) => {
  const { exitCode, stderr } = await runFakeCli(['query', ...args], {}, storePlugins)
  t.is(exitCode, 2)
  t.regex(stderr, message)
})

test(
  'several stores: one must be named',
  misused,
  ['--config', storeConfig('sql', 'sql/b'), 'SELECT 1'],
  /name one with --exporter: sql, sql\/b/,
)
test(
  'a query is needed',
  misused,
  ['--config', storeConfig('sql')],
  /missing required argument 'sql'/,
)
test(
  'a timeout is a duration',
  misused,
  ['--config', storeConfig('sql'), '--timeout', 'soon', 'SELECT 1'],
  /Write it as 500ms/,
)
