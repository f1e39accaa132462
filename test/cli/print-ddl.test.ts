import test from 'ava'
import { storeConfig, storePlugins } from '../helpers/fake-store.ts'
import { runFakeCli } from '../helpers/run-cli.ts'

const printed = test.macro<[args: readonly string[], exitCode: number, output: RegExp]>(
  async (t, args, exitCode, output) => {
    const run = await runFakeCli(['print-ddl', ...args], {}, storePlugins)
    t.is(run.exitCode, exitCode)
    t.regex(run.stdout + run.stderr, output)
  },
)

const two = ['--config', storeConfig('sql', 'sql/b'), '--set', 'exporters::sql/b::table=u']

test(
  'the statements of every store, each under its exporter',
  printed,
  two,
  0,
  /^-- exporter sql\nCREATE TABLE t;\n\n-- exporter sql\/b\nCREATE TABLE u;\n$/,
)
test(
  'only those of one exporter',
  printed,
  [...two, '--exporter', 'sql/b'],
  0,
  /^-- exporter sql\/b\nCREATE TABLE u;\n$/,
)
test(
  'an exporter that is not there is a mistake of usage',
  printed,
  [...two, '--exporter', 'sq'],
  2,
  /exporter sq is not in the config; those that can: sql, sql\/b/,
)
test(
  'a config with errors is told as such',
  printed,
  ['--config', 'yaml:{receivers: 1}'],
  78,
  /error/,
)
