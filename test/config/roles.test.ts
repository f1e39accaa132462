import test from 'ava'
import { loadConfig } from '../../src/config/load.ts'
import { ConfigError } from '../../src/config/problem.ts'
import { pipelinesOfRole } from '../../src/config/roles.ts'
import type { ServiceConfig } from '../../src/config/service-config.ts'
import { configText, fakePlugins } from '../helpers/fake-plugins.ts'

async function config(roles: string): Promise<ServiceConfig> {
  const more = '    logs/b: {receivers: [otlp], exporters: [debug]}\n'
  const sources = [`yaml:${configText({ more: more + roles })}`]
  return (await loadConfig({ sources, plugins: fakePlugins })).config!
}
const ROLES = '  roles: {collector: [logs/b], consumer: [logs, logs/b]}\n'

const selects = test.macro(async (t, role: string | undefined, expected: string[]) => {
  t.deepEqual(
    pipelinesOfRole(await config(ROLES), role).map(({ id }) => id),
    expected,
  )
})
test('without a role all pipelines run', selects, undefined, ['logs', 'logs/b'])
test('a role runs its pipelines', selects, 'collector', ['logs/b'])
test('pipelines may have several roles', selects, 'consumer', ['logs', 'logs/b'])

const refuses = test.macro(async (t, roles: string, role: string, message: string) => {
  const all = await config(roles)
  const error = t.throws(() => pipelinesOfRole(all, role), { instanceOf: ConfigError })
  t.is(error?.message, `--role: error: service::roles: ${message}`)
})
test(
  'a mistyped role',
  refuses,
  ROLES,
  'colector',
  'unknown role "colector"; did you mean "collector"?',
)
test('an unknown role', refuses, ROLES, 'x', 'unknown role "x"; known are collector, consumer')
test('no roles', refuses, '', 'x', 'unknown role "x"; service::roles has none')
