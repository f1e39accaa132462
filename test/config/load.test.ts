import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import { type LoadedConfig, loadConfig } from '../../src/config/load.ts'
import { renderProblems } from '../../src/config/render-problem.ts'
import { configText, fakePlugins } from '../helpers/fake-plugins.ts'

const env = { LISTEN_ADDRESS: '0.0.0.0:4317', TOKEN: 'hunter2', LOOP: '${env:LOOP}' }

async function fileWith(t: ExecutionContext, name: string, text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'parsec-config-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const path = join(folder, name)
  await writeFile(path, text)
  return path
}

async function load(...texts: string[]): Promise<LoadedConfig> {
  const sources = texts.map(text => `yaml:${text}`)
  return await loadConfig({ sources, plugins: fakePlugins, env })
}

const golden = readFileSync('test/config/mistakes.txt', 'utf8')
const blocks = golden.split(/^=== /m).slice(1)

test('the table of mistakes is read whole', t => {
  t.true(blocks.length >= 90)
})

for (const block of blocks) {
  const [, title, config, expected] = /^([^\n]*)\n([\s\S]*?)>>>\n([\s\S]*)$/.exec(block)!
  test(`a mistake is told with its place and a way out: ${title}`, async t => {
    const path = await fileWith(t, 'config.yaml', config!)
    const base = title!.endsWith('(alone)') ? [] : [`yaml:${configText()}`]
    const loaded = await loadConfig({ sources: [...base, path], plugins: fakePlugins, env })
    t.is(renderProblems(loaded.problems).replaceAll(path, 'config.yaml'), expected!.trimEnd())
    t.is(loaded.config !== undefined, !expected!.includes(': error: '))
    t.notRegex(JSON.stringify(loaded.problems), /hunter2|31337/)
  })
}

test('ten mistakes in one config are reported together', async t => {
  const block = blocks.find(block => block.startsWith('ten mistakes'))!
  const [config] = block.slice(block.indexOf('\n') + 1).split('>>>')
  const { problems } = await load(config!)
  t.is(problems.filter(({ severity }) => severity === 'error').length, 10)
})

test('a good config comes out with defaults, units and references', async t => {
  const { config, problems } = await load(`
receivers: {otlp: {max_size: 1KiB}}
processors: {batch/fast: {timeout: 1m30s}}
exporters: {debug: , store: {endpoint: "http://db", headers: {a: b}}}
connectors: {forward: }
extensions: {health: }
service:
  extensions: [health]
  pipelines:
    logs/in: {receivers: [otlp], processors: [batch/fast], exporters: [forward]}
    logs/out: {receivers: [forward], exporters: [debug, store]}
  roles: {collector: [logs/in], consumer: [logs/out]}
`)
  t.deepEqual(problems, [])
  t.like(config?.receivers.get('otlp')?.config, { max_size: 1024, endpoint: 'localhost:4317' })
  t.like(config?.processors.get('batch/fast')?.config, { timeout: 90_000 })
  t.deepEqual(config?.exporters.get('debug')?.config, { verbosity: 'basic' })
  t.is(config?.connectors.get('forward')?.plugin.type, 'forward')
  t.deepEqual(config?.serviceExtensions, ['health'])
  t.deepEqual(config?.pipelines, [
    { id: 'logs/in', receivers: ['otlp'], processors: ['batch/fast'], exporters: ['forward'] },
    { id: 'logs/out', receivers: ['forward'], processors: [], exporters: ['debug', 'store'] },
  ])
  t.deepEqual(
    config?.roles,
    new Map([
      ['collector', ['logs/in']],
      ['consumer', ['logs/out']],
    ]),
  )
  t.is(config?.telemetry.metrics.endpoint, 'localhost:8888')
})

test('dead letters come out of the config, of pipelines and of the service', async t => {
  const { config, problems } = await load(`
receivers: {otlp: }
exporters: {debug: , debug/dead: }
service:
  dead_letter: {directory: /data/dead, max_size: 1MiB}
  pipelines: {logs: {receivers: [otlp], exporters: [debug], dead_letter: debug/dead}}
`)
  t.deepEqual(problems, [])
  t.is(config?.pipelines[0]?.deadLetter, 'debug/dead')
  t.deepEqual(config?.deadLetter, { directory: '/data/dead', sizeBytesMax: 1_048_576 })
})

test('later sources win, --set wins over all, problems of a set name its key', async t => {
  const loaded = await loadConfig({
    sources: [
      `yaml:${configText()}`,
      'yaml:exporters::debug::verbosity: normal',
      'yaml:{receivers: {otlp: {port: 5}}}',
    ],
    sets: ['exporters::debug::verbosity=detailed', 'receivers.otlp.compression=[zstd]'],
    plugins: fakePlugins,
    env,
  })
  t.deepEqual(loaded.config?.exporters.get('debug')?.config, { verbosity: 'detailed' })
  t.like(loaded.config?.receivers.get('otlp')?.config, { port: 5, compression: ['zstd'] })
  const wrong = await loadConfig({
    sources: [`yaml:${configText()}`],
    sets: ['receivers::otlp::prot=hunter2', 'receivers::otlp::port=many'],
    plugins: fakePlugins,
    env,
  })
  t.deepEqual(renderProblems(wrong.problems).split('\n'), [
    '--set receivers::otlp::port: error: receivers::otlp::port: expected a number, got the string "many"',
    '--set receivers::otlp::prot: error: receivers::otlp: unknown key "prot"; did you mean "port"?',
    '2 errors',
  ])
})

test('a file that is not there names the nearest beside it', async t => {
  const path = await fileWith(t, 'standalone.yaml', configText())
  const wrong = path.replace('standalone', 'standalon')
  const { problems, config } = await loadConfig({ sources: [wrong], plugins: fakePlugins, env })
  t.is(config, undefined)
  t.like(problems[0], {
    file: wrong,
    message: 'cannot read the file: no such file',
    suggestion: path,
  })
})

test('a config may come from an environment variable and from included files', async t => {
  const part = await fileWith(t, 'part.yaml', 'otlp:\n  port: 1\n  prot: 2\n')
  const { problems } = await loadConfig({
    sources: ['env:CONFIG'],
    plugins: fakePlugins,
    env: { CONFIG: configText({ receivers: `receivers: \${file:${part}}\n` }) },
  })
  t.like(problems[0], { file: part, line: 3, column: 3, suggestion: 'port' })
})

test('a text that an expansion yields keeps its exact form in a text field', async t => {
  const loaded = await loadConfig({
    sources: [
      `yaml:${configText({
        exporters:
          'exporters:\n  debug:\n  store:\n    endpoint: http://db\n    pin: ${env:PIN}\n    username: ${env:NAME:-}\n    password: ${env:PASSWORD}\n    queue: {size: "${env:SIZE}"}\n',
      })}`,
      'yaml:service::pipelines::logs::exporters: [store]',
    ],
    plugins: fakePlugins,
    env: { PIN: '0123', PASSWORD: 'a: $b$$c', SIZE: '7' },
  })
  t.like(loaded.config?.exporters.get('store')?.config, {
    pin: '0123',
    username: '',
    password: 'a: $b$$c',
    queue: { size: 7 },
  })
})

test('any text at all gives a config or errors, and never throws', async t => {
  const snippets = fc.constantFrom(
    ...'receivers: |otlp|exporters|service|pipelines|logs|: |- |\n|  |\t|{|}|[|]|"|&a |*a|${env:X}|${|$$|<<: |#|---\n|!!x |? |__proto__: 1|constructor|, |null|0123|::'.split(
      '|',
    ),
  )
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc.array(snippets, { maxLength: 40 }).map(parts => parts.join('')),
    fc.array(snippets, { maxLength: 10 }).map(parts => configText({ more: parts.join('') })),
  )
  await fc.assert(
    fc.asyncProperty(text, async text => {
      const { config, problems } = await load(text)
      renderProblems(problems)
      return (config === undefined) === problems.some(({ severity }) => severity === 'error')
    }),
    { numRuns: 500 },
  )
  t.pass()
})

test('deep nesting, alias bombs and huge expansions end in an error', async t => {
  const bomb = Array.from({ length: 12 }, (_, i) =>
    i === 0
      ? 'a0: &a0 [x]'
      : `a${i}: &a${i} [${Array(10)
          .fill(`*a${i - 1}`)
          .join(', ')}]`,
  ).join('\n')
  const billion = Object.fromEntries(
    Array.from({ length: 12 }, (_, i) => [`V${i}`, `\${env:V${i + 1}}`.repeat(10)]),
  )
  for (const text of [bomb, '['.repeat(10_000), `a: ${'{b: '.repeat(500)}`, 'a: &a [*a]']) {
    const { problems } = await load(text)
    t.true(
      problems.some(({ severity }) => severity === 'error'),
      text.slice(0, 20),
    )
  }
  const sources = ['yaml:a: x${env:V0}']
  const { problems } = await loadConfig({ sources, plugins: fakePlugins, env: billion })
  const errors = problems.filter(({ severity }) => severity === 'error')
  t.true(errors.some(({ message }) => message.includes('does a value refer to itself?')))
})

test('the files that were read are told, included and missing ones too', async t => {
  const included = await fileWith(t, 'endpoint.txt', '0.0.0.0:4317')
  const text = `receivers: {otlp: {endpoint: "\${file:${included}}"}, otlp/2: {endpoint: "\${file:/missing}"}}`
  const path = await fileWith(t, 'config.yaml', text)
  const sources = [`yaml:${configText()}`, `file:${path}`]
  const { files, config } = await loadConfig({ sources, plugins: fakePlugins, env })
  t.is(config, undefined)
  t.deepEqual(files, [path, included, '/missing'])
})
