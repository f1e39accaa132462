import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { freePorts } from '../services/process.ts'
import { postgresBin } from '../services/tools.ts'
import type { Certificate } from './certificates.ts'

const run = promisify(execFile)
const START_TRIES = 5
const START_MS_MAX = 60_000

export interface PostgresOptions {
  /** Takes TLS connections, too, with this certificate. */
  readonly certificate?: Certificate
  /** Lines of pg_hba.conf that come before the one that trusts `parsec` and `writer`. */
  readonly hba?: readonly string[]
}

/**
 * A PostgreSQL server in a temp folder, on a port of the loopback, that ends with the process. Its
 * superuser `parsec` needs no password. It may be crashed and started again.
 */
export class OwnPostgres {
  readonly port: number
  /** Without TLS. */
  readonly endpoint: string
  readonly #folder: string
  readonly #account: readonly string[]
  readonly #settings: readonly string[]
  #child: ChildProcess | undefined
  #databases = 0

  private constructor(
    folder: string,
    account: readonly string[],
    port: number,
    settings: readonly string[],
  ) {
    this.port = port
    this.endpoint = `postgres://parsec@127.0.0.1:${port}/postgres`
    this.#folder = folder
    this.#account = account
    this.#settings = settings
    process.once('exit', this.#end)
  }

  static async start(options: PostgresOptions = {}): Promise<OwnPostgres> {
    const folder = mkdtempSync(join(tmpdir(), 'parsec-postgres-'))
    const owner = await ownerOf(folder)
    const data = join(folder, 'data')
    const args = ['-D', data, '-U', 'parsec', '-A', 'trust', '-E', 'UTF8', '--locale=C', '-N']
    await run(owner.words[0]!, [...owner.words.slice(1), program('initdb'), ...args])
    const settings = await configure(data, owner, options)
    // PostgreSQL itself picks no port: another process may be quicker, and then it is tried again.
    for (let tries = 1; ; tries++) {
      const [port] = await freePorts(1)
      const server = new OwnPostgres(folder, owner.words, port!, settings)
      if (await server.#launch()) return server
      await server.stop()
      if (tries === START_TRIES) throw new Error(`PostgreSQL did not start in ${folder}`)
    }
  }

  /** Runs SQL as the superuser. */
  readonly sql = async (text: string): Promise<Record<string, unknown>[]> => {
    const client = this.#client()
    await client.connect()
    try {
      return (await client.query<Record<string, unknown>>(text)).rows
    } finally {
      await client.end()
    }
  }

  /** A new database; its endpoint, without TLS. */
  readonly database = async (): Promise<string> => {
    const name = `db${++this.#databases}`
    await this.sql(`CREATE DATABASE ${name}`)
    return `postgres://parsec@127.0.0.1:${this.port}/${name}`
  }

  /** Ends every session at once, without a checkpoint: the next start has to recover. */
  async crash(): Promise<void> {
    const child = this.#child
    this.#child = undefined
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill('SIGQUIT')
    await exited
  }

  async restart(): Promise<void> {
    if (!(await this.#launch())) throw new Error('PostgreSQL did not start again')
  }

  async stop(): Promise<void> {
    process.removeListener('exit', this.#end)
    await this.crash()
    removeFolder(this.#folder)
  }

  readonly #end = (): void => {
    this.#child?.kill('SIGQUIT')
    removeFolder(this.#folder)
  }

  /** False when it has ended, as when the port was taken. */
  async #launch(): Promise<boolean> {
    const settings = [
      `port=${this.port}`,
      'listen_addresses=127.0.0.1',
      `unix_socket_directories=${this.#folder}`,
      'max_connections=300',
      'fsync=off',
      ...this.#settings,
    ]
    const command = [...this.#account, program('postgres'), '-D', join(this.#folder, 'data')]
    const args = [...command.slice(1), ...settings.flatMap(setting => ['-c', setting])]
    const child = spawn(command[0]!, args, { cwd: this.#folder, stdio: 'ignore' })
    this.#child = child
    const until = Date.now() + START_MS_MAX
    while (child.exitCode === null && Date.now() < until) {
      if (await this.#answers()) return true
      await new Promise(resolve => setTimeout(resolve, 50))
    }
    return false
  }

  async #answers(): Promise<boolean> {
    const client = this.#client()
    try {
      await client.connect()
      await client.end()
      return true
    } catch {
      return false
    }
  }

  #client(): pg.Client {
    const client = new pg.Client({ connectionString: this.endpoint })
    client.on('error', () => {})
    return client
  }
}

interface Owner {
  /** What starts a command as this user. */
  readonly words: readonly string[]
  own(path: string): void
}

/** PostgreSQL refuses to run as root, who lends it Debian's own user. */
async function ownerOf(folder: string): Promise<Owner> {
  if (process.getuid?.() !== 0) return { words: ['env'], own: () => {} }
  const id = async (flag: string): Promise<number> =>
    Number((await run('id', [flag, 'postgres'])).stdout)
  const [uid, gid] = [await id('-u'), await id('-g')]
  chownSync(folder, uid, gid)
  const user = ['--reuid=postgres', '--regid=postgres', '--clear-groups']
  return {
    // It ends when we do, even by SIGKILL.
    words: ['setpriv', ...user, '--pdeathsig=INT', '--'],
    own: path => chownSync(path, uid, gid),
  }
}

/** Writes what the options ask for; returns settings for the command line. */
async function configure(
  data: string,
  owner: Owner,
  { certificate, hba = [] }: PostgresOptions,
): Promise<string[]> {
  const trust = 'host all parsec,writer 127.0.0.1/32 trust'
  writeFileSync(join(data, 'pg_hba.conf'), `${[...hba, trust].join('\n')}\n`)
  if (certificate === undefined) return []
  for (const [name, text] of [
    ['server.crt', certificate.certPem],
    ['server.key', certificate.keyPem],
  ] as const) {
    const path = join(data, name)
    appendFileSync(path, text, { mode: 0o600 })
    owner.own(path)
  }
  return ['ssl=on']
}

function program(name: string): string {
  return join(postgresBin() ?? '', name)
}

function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 })
}
