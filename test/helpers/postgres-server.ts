import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process'
import { chownSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import test, { type ExecutionContext } from 'ava'
import pg from 'pg'
import { freePorts } from '../services/process.ts'
import { missingFor, postgresBin } from '../services/tools.ts'

/*
 * A PostgreSQL server of one's own: in a temp folder, on a free port of the loopback, gone with the
 * process. Where none is installed the tests that need it are skipped, loudly, and fail in CI.
 */

const run = promisify(execFile)
const bin = postgresBin()
const missing = missingFor('postgres')
const START_TRIES = 5
const START_MS_MAX = 60_000

export interface PostgresServer {
  readonly port: number
  /** `postgres://` with the superuser, for the `endpoint` key. */
  readonly endpoint: string
  /** Runs SQL as the superuser. */
  sql(text: string): Promise<Record<string, unknown>[]>
  /** A database of this test alone; its endpoint, without TLS. */
  database(): Promise<string>
  stop(): Promise<void>
}

interface PostgresTest {
  /** `test`, or its skipped form. */
  readonly pgTest: (title: string, run: (t: ExecutionContext) => Promise<void> | void) => void
  /** Only inside a test. */
  readonly server: PostgresServer
}

/** The server of a test file, started before its tests and stopped after them. */
export function usePostgres(settings: readonly string[] = []): PostgresTest {
  let started: PostgresServer | undefined
  const server: PostgresServer = {
    get port() {
      return known(started).port
    },
    get endpoint() {
      return known(started).endpoint
    },
    sql: text => known(started).sql(text),
    database: () => known(started).database(),
    stop: () => known(started).stop(),
  }
  if (missing !== undefined) return { server, pgTest: skip }
  test.before(async t => {
    t.timeout(START_MS_MAX * 2)
    started = await startPostgres(settings)
  })
  test.after.always(async () => await started?.stop())
  return { server, pgTest: (title, run) => test(title, run) }
}

function skip(title: string): void {
  if (process.env['CI'] !== undefined) {
    test(title, t => t.fail(missing))
    return
  }
  console.error(`SKIPPED: ${title}: ${missing}`)
  test.skip(title, t => t.pass())
}

function known<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('the PostgreSQL server has not been started')
  return value
}

/** Starts a server; `settings` are such as `max_connections=5`. */
export async function startPostgres(settings: readonly string[] = []): Promise<PostgresServer> {
  const folder = mkdtempSync(join(tmpdir(), 'parsec-postgres-'))
  const account = await accountFor(folder)
  const data = join(folder, 'data')
  const args = ['-D', data, '-U', 'parsec', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync']
  await run(account[0]!, [...account.slice(1), join(known(bin), 'initdb'), ...args])
  for (let tries = 1; ; tries++) {
    const [port] = await freePorts(1)
    const child = await launch(account, data, folder, port!, settings)
    if (child !== undefined) return running(child, folder, port!)
    if (tries === START_TRIES) throw new Error(`PostgreSQL did not start in ${folder}`)
  }
}

/** PostgreSQL refuses to run as root: the words that start a command as another user. */
async function accountFor(folder: string): Promise<readonly string[]> {
  if (process.getuid?.() !== 0) return ['env']
  const id = (flag: string): number =>
    Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }))
  chownSync(folder, id('-u'), id('-g'))
  return [
    'setpriv',
    '--reuid=postgres',
    '--regid=postgres',
    '--clear-groups',
    '--pdeathsig=INT',
    '--',
  ]
}

/** A started server that takes connections; undefined when it ended, as when the port was taken. */
async function launch(
  account: readonly string[],
  data: string,
  folder: string,
  port: number,
  settings: readonly string[],
): Promise<ChildProcess | undefined> {
  const all = [
    'fsync=off',
    'max_connections=300',
    'listen_addresses=127.0.0.1',
    `port=${port}`,
    `unix_socket_directories=${folder}`,
    ...settings,
  ]
  const command = [...account, join(known(bin), 'postgres'), '-D', data]
  const child = spawn(command[0]!, [...command.slice(1), ...all.flatMap(one => ['-c', one])], {
    cwd: folder,
    stdio: 'ignore',
  })
  const until = Date.now() + START_MS_MAX
  while (child.exitCode === null && Date.now() < until) {
    if (await answers(port)) return child
    await new Promise(resolve => setTimeout(resolve, 50))
  }
  child.kill('SIGQUIT')
  return undefined
}

async function answers(port: number): Promise<boolean> {
  const client = clientOf(port, 'postgres')
  try {
    await client.connect()
    await client.end()
    return true
  } catch {
    return false
  }
}

function running(child: ChildProcess, folder: string, port: number): PostgresServer {
  let databases = 0
  const end = (): void => {
    child.kill('SIGQUIT')
    rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 })
  }
  process.once('exit', end)
  const endpoint = `postgres://parsec@127.0.0.1:${port}/postgres`
  const server: PostgresServer = {
    port,
    endpoint,
    sql: async text => {
      const client = clientOf(port, 'postgres')
      await client.connect()
      try {
        return (await client.query<Record<string, unknown>>(text)).rows
      } finally {
        await client.end()
      }
    },
    database: async () => {
      const name = `db${++databases}`
      await server.sql(`CREATE DATABASE ${name}`)
      return `postgres://parsec@127.0.0.1:${port}/${name}`
    },
    stop: async () => {
      process.removeListener('exit', end)
      const exited = new Promise(resolve => child.once('exit', resolve))
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGQUIT')
        await exited
      }
      rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 })
    },
  }
  return server
}

function clientOf(port: number, database: string): pg.Client {
  const client = new pg.Client({ host: '127.0.0.1', port, user: 'parsec', database })
  client.on('error', () => {})
  return client
}

/** A client of a database that `database()` has made, closed after the test. */
export async function connectTo(t: ExecutionContext, endpoint: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: endpoint })
  client.on('error', () => {})
  await client.connect()
  t.teardown(() => client.end())
  return client
}
