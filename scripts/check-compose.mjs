// `npm run check:compose`: does Docker's compose take the compose files? Needs no daemon, but a real
// compose: `docker compose`, or Debian's docker-compose, which is installed as root. Without either
// the check is skipped, loudly, and fails in CI.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from './lib/checkout.mjs'
import { setup } from './setup.mjs'

/** Compose files of the checkout are found by their usual names, here. */
const FOLDERS = ['.', 'config', 'deploy']
const FILE_NAME = /^(?:docker-)?compose(?:\.[\w-]+)*\.ya?ml$/
const TIMEOUT_MS = 60_000
/** A key that no service has, and a volume that is not declared. */
const BROKEN = [
  'services: { a: { image: a, imagine: b } }',
  'services: { a: { image: a, volumes: ["none:/data"] } }',
]

setup()
// Only now is there a build to import.
const { aptInstall } = await import('../dist/test/services/apt.js')
process.exitCode = checkAll()

function checkAll() {
  const compose = findCompose()
  if (compose === undefined) {
    const isCi = process.env.CI !== undefined
    console.error(
      `${isCi ? 'FAILED' : 'SKIPPED'}: compose files: no docker compose here; on Debian: apt-get install docker-compose`,
    )
    return isCi ? 1 : 0
  }
  const blind = BROKEN.filter(text => refusalOfText(compose, text) === undefined)
  for (const text of blind)
    console.error(`FAILED: ${compose.join(' ')} takes a broken file: ${text}`)
  const files = composeFiles()
  if (files.length === 0) console.error('FAILED: there is no compose file')
  let failures = blind.length + (files.length === 0 ? 1 : 0)
  for (const file of files) {
    const refusal = refusalOf(compose, file)
    if (refusal !== undefined) failures++
    console.log(refusal === undefined ? `passed   ${file}` : `FAILED   ${file}: ${refusal}`)
  }
  return failures > 0 ? 1 : 0
}

/** The command, in words; installed if that can be done without asking. */
function findCompose() {
  const candidates = [['docker', 'compose'], ['docker-compose']]
  const find = () => candidates.find(([program, ...args]) => works(program, [...args, 'version']))
  const found = find()
  if (found !== undefined) return found
  aptInstall(['docker-compose'])
  return find()
}

function works(program, args) {
  return spawnSync(program, args, { stdio: 'ignore', timeout: TIMEOUT_MS }).status === 0
}

function composeFiles() {
  return FOLDERS.flatMap(folder =>
    readdirSync(join(root, folder))
      .filter(name => FILE_NAME.test(name))
      .map(name => join(folder, name)),
  )
}

function refusalOfText(compose, text) {
  const folder = mkdtempSync(join(tmpdir(), 'parsec-compose-'))
  try {
    const file = join(folder, 'docker-compose.yml')
    writeFileSync(file, `version: "3.8"\n${text}\n`)
    return refusalOf(compose, file)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** What compose has against a file; undefined: nothing. */
function refusalOf([program, ...args], file) {
  const { status, stderr, error } = spawnSync(program, [...args, '-f', file, 'config', '-q'], {
    cwd: root,
    encoding: 'utf8',
    timeout: TIMEOUT_MS,
  })
  return status === 0 ? undefined : (error?.message ?? stderr.trim())
}
