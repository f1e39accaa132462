import test from 'ava'
import type { LoadedConfig } from '../../src/config/load.ts'
import { loadConfig } from '../../src/config/load.ts'
import { ConfigError, problemAt } from '../../src/config/problem.ts'
import { Reloader, type ReloaderOptions } from '../../src/service/reloader.ts'
import { createTestContext } from '../../src/testing/test-context.ts'
import { configText, fakePlugins } from '../helpers/fake-plugins.ts'
import { emptyConfig, noChanges } from '../helpers/fake-service.ts'

function subject(change: Partial<ReloaderOptions> = {}) {
  const { logger, metrics, lines } = createTestContext('extension', 'x')
  const effective = {} as LoadedConfig['effective']
  const reloader = new Reloader({
    load: async () => ({ config: emptyConfig(), problems: [], files: [], effective }),
    apply: async () => noChanges,
    logger,
    metrics,
    ...change,
  })
  const text = (): Promise<string> => metrics.registry.metrics()
  return { reloader, lines, text }
}

function loading(yaml: string): () => Promise<LoadedConfig> {
  return () => loadConfig({ sources: [`yaml:${yaml}`], plugins: fakePlugins, env: {} })
}

test('a reload that went well says what is kept, added, changed and removed', async t => {
  const changes = { ...noChanges, kept: ['receiver otlp'], added: ['exporter a', 'exporter b'] }
  const { reloader, lines, text } = subject({ apply: async () => changes })
  const outcome = await reloader.reload('SIGHUP')
  t.like(outcome, { result: 'success', changes })
  t.is(lines[0]!['msg'], 'SIGHUP: reading the config again')
  t.is(lines[1]!['msg'], 'config reloaded: added exporter a, exporter b; kept receiver otlp')
  t.regex(await text(), /^parsec_config_reloads_total\{result="success"\} 1$/m)
  t.regex(await text(), /^parsec_config_last_reload_successful 1$/m)
  t.regex(await text(), /^parsec_config_last_reload_success_timestamp_seconds 1\d{9}/m)
})

test('an invalid config is not applied; its problems are told as validate tells them', async t => {
  const { reloader, lines, text } = subject({
    load: loading(configText({ exporters: 'exporters:\n  debgu:\n' })),
    apply: () => Promise.reject(new Error('applied')),
  })
  const outcome = await reloader.reload('SIGHUP')
  t.is(outcome.result, 'invalid')
  t.true(outcome.problems.length > 0)
  t.regex(
    String(lines[1]!['msg']),
    /not valid, the old one goes on:\nyaml:.*:6:3: error: exporters::debgu: unknown exporter type "debgu".*\n +6 \| {3}debgu:\n/,
  )
  t.is(lines[1]!['level'], 50)
  t.regex(await text(), /^parsec_config_reloads_total\{result="invalid"\} 1$/m)
  t.regex(await text(), /^parsec_config_last_reload_successful 0$/m)
})

test('so is one that names no longer has the role of the process', async t => {
  const problem = problemAt('--role', ['service', 'roles'], 'unknown role "edge"')
  const { reloader } = subject({ apply: () => Promise.reject(new ConfigError([problem])) })
  t.like(await reloader.reload('SIGHUP'), { result: 'invalid', problems: [problem] })
})

test('one that cannot be run says which part and why; the next may succeed', async t => {
  let attempts = 0
  const { reloader, lines, text } = subject({
    apply: async () => {
      if (++attempts === 1) throw new Error('receiver otlp did not start: port taken')
      return noChanges
    },
  })
  const outcome = await reloader.reload('SIGHUP')
  t.like(outcome, { result: 'failed', message: 'receiver otlp did not start: port taken' })
  t.regex(String(lines[1]!['msg']), /the old one goes on: receiver otlp did not start: port taken/)
  t.regex(await text(), /^parsec_config_last_reload_successful 0$/m)
  t.like(await reloader.reload('SIGHUP'), { result: 'success' })
  t.is(lines[3]!['msg'], 'config reloaded: nothing has changed')
  t.regex(await text(), /^parsec_config_last_reload_successful 1$/m)
})

test('warnings of a good config are told', async t => {
  const { reloader, lines } = subject({
    load: loading(
      configText({
        more: 'extensions: {health: }\n',
        exporters: 'exporters: {debug: , storage: {endpoint: "http://a"}}\n',
      }),
    ),
  })
  t.like(await reloader.reload('SIGHUP'), { result: 'success' })
  t.regex(String(lines[1]!['msg']), /the new config has warnings:\n[^]*"storage" is an old name/)
})

test('one at a time; all who ask while one runs share the next', async t => {
  let running = 0
  let most = 0
  let loads = 0
  const { reloader } = subject({
    apply: async () => {
      loads++
      most = Math.max(most, ++running)
      await new Promise(resolve => setTimeout(resolve, 10))
      running--
      return noChanges
    },
  })
  await Promise.all(['a', 'b', 'c', 'd'].map(trigger => reloader.reload(trigger)))
  t.deepEqual([most, loads], [1, 2])
  await reloader.reload('e')
  t.is(loads, 3)
})
