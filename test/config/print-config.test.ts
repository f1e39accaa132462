import test from 'ava'
import { parse } from 'yaml'
import { loadConfig } from '../../src/config/load.ts'
import { type PrintOptions, printConfig } from '../../src/config/print-config.ts'
import { configText, fakePlugins } from '../helpers/fake-plugins.ts'

const SECRETS = `exporters:
  debug:
  store:
    endpoint: http://me:hunter2@db
    password: \${env:PW}
    key: hunter22
    headers: {x-tenant: hunter2, x-empty: ""}
`

async function print(text: string, options: Partial<PrintOptions> = {}): Promise<string> {
  const { effective } = await loadConfig({
    sources: [`yaml:${text}`],
    plugins: fakePlugins,
    env: { PW: 'hunter2' },
  })
  const all = { mode: 'redacted', format: 'yaml', withDefaults: false, ...options } as const
  return printConfig(effective, fakePlugins, all)
}

test('secrets are hidden by their schema, in maps and URLs too', async t => {
  for (const format of ['yaml', 'json'] as const) {
    const text = await print(configText({ exporters: SECRETS }), { format })
    t.notRegex(text, /hunter2/)
    t.like(parse(text), {
      exporters: {
        store: {
          endpoint: 'http://me:[REDACTED]@db',
          password: '[REDACTED]',
          key: '[REDACTED]',
          headers: { 'x-tenant': '[REDACTED]', 'x-empty': '' },
        },
      },
    })
  }
})

test('secrets are shown when that is asked for', async t => {
  const text = await print(configText({ exporters: SECRETS }), { mode: 'unredacted' })
  t.like(parse(text), { exporters: { store: { password: 'hunter2', key: 'hunter22' } } })
})

test('all of a component without a schema is hidden', async t => {
  t.notRegex(
    await print(configText({ exporters: 'exporters:\n  stoer: {a: hunter2}\n' })),
    /hunter2/,
  )
})

test('without defaults only what is written is printed', async t => {
  t.deepEqual(parse(await print(configText())), {
    receivers: { otlp: null },
    processors: { batch: null },
    exporters: { debug: null },
    service: {
      pipelines: { logs: { receivers: ['otlp'], processors: ['batch'], exporters: ['debug'] } },
    },
  })
})

test('defaults are filled in as users write them, telemetry included', async t => {
  const text = await print(configText({ exporters: SECRETS }), { withDefaults: true })
  t.like(parse(text), {
    receivers: { otlp: { endpoint: 'localhost:4317', max_size: '64MiB', compression: ['gzip'] } },
    exporters: { debug: { verbosity: 'basic' }, store: { timeout: '5s', queue: { size: 10 } } },
    service: { telemetry: { logs: { level: 'info' } } },
  })
})

test('a printed config with its defaults loads again to the same config', async t => {
  const first = configText({ receivers: 'receivers:\n  otlp: {port: 5, max_size: 1KiB}\n' })
  const options = { plugins: fakePlugins, env: {} }
  const printed = await print(first, { withDefaults: true })
  const [a, b] = await Promise.all(
    [first, printed].map(text => loadConfig({ sources: [`yaml:${text}`], ...options })),
  )
  t.deepEqual(b?.problems, [])
  t.deepEqual(b?.config, a?.config)
})

test('the dead letter of the service has its defaults when it is given', async t => {
  const given = configText({ more: '  dead_letter: {directory: /data}\n' })
  const { service } = parse(await print(given, { withDefaults: true })) as { service: object }
  t.like(service, { dead_letter: { directory: '/data', max_size: '1GiB' } })
  const without = parse(await print(configText(), { withDefaults: true })) as { service: object }
  t.false('dead_letter' in without.service)
})
