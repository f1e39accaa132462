// Installs the packages and builds, each only when something is missing or older than its source.
// `npm start`, `npm test` and `npm run bench` call it, so that a fresh clone needs no other step.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const NODE_MINIMUM = [20, 19]
const SOURCES = ['src', 'plugins', 'test', 'bench', 'tsconfig.json', 'package.json']

/** Brings the checkout into a state where `parsec` runs. Exits with 1 when that cannot be done. */
export function setup() {
  checkNode()
  install()
  build()
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  const [needMajor, needMinor] = NODE_MINIMUM
  if (major > needMajor || (major === needMajor && minor >= needMinor)) return
  fail(`Node ${process.versions.node} is too old: Parsec needs ${needMajor}.${needMinor} or newer`)
}

function install() {
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex')
  const stamp = join(root, 'node_modules', '.parsec-setup')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return
  console.error(
    'Installing packages (npm install); the embedded ClickHouse engine is large, this takes a minute ...',
  )
  // Not `npm ci`: it wants every platform's optional packages in the lock file, and a registry mirror
  // may not have them all. This follows the lock file just the same and does not write it.
  run('npm', ['install', '--no-save', '--no-fund', '--no-audit', '--loglevel=error'])
  writeFileSync(stamp, lock)
}

function build() {
  const stamp = join(root, 'dist', '.built')
  const built = existsSync(stamp) ? statSync(stamp).mtimeMs : 0
  if (SOURCES.every(source => newest(join(root, source)) <= built)) return
  console.error('Building (tsc) ...')
  const started = new Date()
  run(process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', root])
  writeFileSync(stamp, started.toISOString())
}

function newest(path) {
  if (!existsSync(path)) return 0
  const stats = statSync(path)
  if (!stats.isDirectory()) return stats.mtimeMs
  return Math.max(stats.mtimeMs, ...readdirSync(path).map(name => newest(join(path, name))))
}

function run(command, args) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2] })
  if (status !== 0)
    fail(`"${command} ${args.join(' ')}" failed${error ? `: ${error.message}` : ''}`)
}

function fail(message) {
  console.error(`setup: ${message}`)
  process.exit(1)
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) setup()
