import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import test from 'ava'

/*
 * The shape of the source tree: which way imports point, how long a file may be, how it is named,
 * and that every file has its test. docs/architecture.md explains the table; change both together.
 */

const root = process.cwd()

/** Folder of src/ -> the folders of src/ it may import. `gen` is generated protobuf code. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  wire: [],
  batch: ['wire'],
  gen: [],
  otlp: ['wire', 'batch', 'gen', 'plugin'],
  attributes: ['wire', 'batch', 'otlp'],
  ottl: ['batch', 'attributes'],
  telemetry: [],
  plugin: ['batch', 'telemetry'],
  auth: ['batch', 'plugin', 'telemetry'],
  config: ['plugin'],
  memory: ['config', 'plugin', 'telemetry'],
  net: ['batch', 'plugin', 'config', 'telemetry', 'otlp', 'gen', 'wire'],
  kafka: ['plugin', 'config', 'net', 'telemetry'],
  queue: ['batch', 'otlp', 'plugin', 'telemetry'],
  'dead-letter': ['wire', 'batch', 'otlp', 'plugin', 'config', 'telemetry'],
  export: ['batch', 'otlp', 'plugin', 'config', 'queue', 'dead-letter', 'telemetry'],
  pipeline: ['batch', 'otlp', 'plugin', 'config', 'export', 'queue', 'dead-letter', 'telemetry'],
  service: ['batch', 'ottl', 'plugin', 'config', 'pipeline', 'net', 'dead-letter', 'telemetry'],
  workers: ['plugin', 'config', 'pipeline', 'service', 'telemetry'],
  cli: [
    'plugin',
    'config',
    'pipeline',
    'service',
    'net',
    'otlp',
    'batch',
    'ottl',
    'dead-letter',
    'queue',
    'telemetry',
    'workers',
  ],
  testing: [
    'wire',
    'auth',
    'batch',
    'attributes',
    'gen',
    'otlp',
    'plugin',
    'config',
    'memory',
    'net',
    'kafka',
    'queue',
    'export',
    'pipeline',
    'service',
    'telemetry',
  ],
}

const LINES_MAX = 400

function filesIn(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.ts') && !name.endsWith('.d.ts'))
    .map(name => join(folder, name))
}

function importsOf(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8')
  return [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map(([, name]) => name!)
}

/** `src/net/http.ts` -> `net`; `src/main.ts` -> `main.ts`. */
function folderOf(file: string): string {
  return relative('src', file).split('/')[0]!
}

const sources = filesIn('src').filter(file => !file.startsWith('src/gen/'))
const plugins = filesIn('plugins')

test('imports inside src/ point only the way the table allows', t => {
  const wrong: string[] = []
  for (const file of sources) {
    const from = folderOf(file)
    if (from === 'main.ts' || from === 'index.ts') continue
    for (const name of importsOf(file).filter(name => name.startsWith('.'))) {
      const to = folderOf(join(dirname(file), name))
      const door = name.endsWith('/index.ts') && to !== from
      if (to !== from && !(MAY_IMPORT[from]?.includes(to) ?? false))
        wrong.push(`${file} -> ${name}`)
      if (door) wrong.push(`${file} -> ${name} (src/ does not go through its own doors)`)
    }
  }
  t.deepEqual(wrong, [])
})

test('only main.ts sees both src/ and plugins/', t => {
  const wrong = sources.filter(
    file => file !== 'src/main.ts' && importsOf(file).some(name => name.includes('plugins/')),
  )
  t.deepEqual(wrong, [])
})

test('a plugin imports the doors, its own folder and packages, never another plugin', t => {
  const wrong: string[] = []
  for (const file of plugins.filter(file => file !== 'plugins/index.ts')) {
    const own = file.split('/').slice(0, 3).join('/')
    for (const name of importsOf(file)) {
      const outside = name.startsWith('.') && !join(dirname(file), name).startsWith(`${own}/`)
      if (outside || name === '#core/testing') wrong.push(`${file} -> ${name}`)
    }
  }
  t.deepEqual(wrong, [])
})

test('every plugin folder has the same files', t => {
  const missing: string[] = []
  for (const kind of readdirSync(join(root, 'plugins'), { withFileTypes: true })) {
    if (!kind.isDirectory()) continue
    for (const name of readdirSync(join(root, 'plugins', kind.name))) {
      const folder = join('plugins', kind.name, name)
      const files = readdirSync(join(root, folder))
      const expected = [
        'index.ts',
        'config.ts',
        `${kind.name.slice(0, -1)}.ts`,
        'sample.yaml',
        'README.md',
      ]
      missing.push(
        ...expected.filter(file => !files.includes(file)).map(file => join(folder, file)),
      )
    }
  }
  t.deepEqual(missing, [])
})

test(`no file is longer than ${LINES_MAX} lines`, t => {
  const long = [...sources, ...plugins, ...filesIn('bench')].filter(
    file => readFileSync(join(root, file), 'utf8').split('\n').length > LINES_MAX + 1,
  )
  t.deepEqual(long, [])
})

test('file names are kebab-case and source is ASCII', t => {
  const wrong = [...sources, ...plugins].filter(file => {
    const name = file.split('/').at(-1)!
    const text = readFileSync(join(root, file), 'utf8')
    // The Go spelling of microseconds is the one exception.
    return !/^[a-z0-9]+(-[a-z0-9]+)*\.ts$/.test(name) || /[^\t\n\x20-\x7e\u00b5]/.test(text)
  })
  t.deepEqual(wrong, [])
})

/** Files without behaviour of their own: types, doors, tables of names, config schemas. */
const NEEDS_NO_TEST =
  /(^|\/)(index|config|main|metrics|queue-storage|service-config|sender-identity|component|context|consumer|define-plugin|otlp-sender|extension-context|running-pipelines|messages|worker-place|source-replay)\.ts$/

test('every source file has its test at the same path under test/', t => {
  const tests = new Set(filesIn('test'))
  const missing = [...sources, ...plugins]
    .filter(file => !NEEDS_NO_TEST.test(file) && !file.startsWith('src/testing/'))
    .map(file => join('test', file.replace(/^src\//, '').replace(/\.ts$/, '.test.ts')))
    .filter(file => !tests.has(file))
  t.deepEqual(missing, [])
})
