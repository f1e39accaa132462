import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chownSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { freePorts, startProcess } from './process.ts'
import { postgresBin } from './tools.ts'

export interface PostgresAddress {
  /** For any PostgreSQL client: `postgres://parsec@127.0.0.1:port/postgres`; a superuser. */
  readonly url: string
}

/** Who runs the server: PostgreSQL refuses root, so root lends it Debian's own user. */
interface Owner {
  readonly uid?: number
  readonly gid?: number
}

/** A PostgreSQL server with a new, empty cluster in `folder`, made on the first start. */
export async function startPostgres(folder: string): Promise<PostgresAddress & { pid: number }> {
  const bin = postgresBin()
  if (bin === undefined) throw new Error('PostgreSQL is not installed')
  const owner = process.getuid?.() === 0 ? debianUser() : {}
  const data = dataFolder(folder, owner)
  if (!existsSync(join(data, 'PG_VERSION'))) {
    const args = ['-D', data, '-U', 'parsec', '-A', 'trust', '-E', 'UTF8', '--locale=C', '-N']
    const { status, stderr } = spawnSync(join(bin, 'initdb'), args, { encoding: 'utf8', ...owner })
    if (status !== 0) throw new Error(`initdb ended with ${status}: ${stderr}`)
  }
  const [port] = await freePorts(1)
  const url = `postgres://parsec@127.0.0.1:${port}/postgres`
  const pid = await startProcess({
    name: 'postgres',
    command: join(bin, 'postgres'),
    args: ['-D', data, '-p', String(port), '-h', '127.0.0.1', '-c', 'unix_socket_directories='],
    logFile: join(folder, 'postgres.log'),
    check: () => answers(url),
    ...owner,
  })
  return { url, pid }
}

function debianUser(): Owner {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find(entry => entry.startsWith('postgres:'))
  if (line === undefined) throw new Error('PostgreSQL does not run as root: no user postgres here')
  const [, , uid, gid] = line.split(':')
  return { uid: Number(uid), gid: Number(gid) }
}

/** The owner may not be able to reach a checkout in somebody's home; then the data lies elsewhere. */
function dataFolder(folder: string, owner: Owner): string {
  mkdirSync(folder, { recursive: true })
  const name = createHash('sha256').update(folder).digest('hex').slice(0, 8)
  const reachable = spawnSync('test', ['-x', folder], owner).status === 0
  const data = reachable ? join(folder, 'data') : join(tmpdir(), `parsec-postgres-${name}`)
  mkdirSync(data, { recursive: true, mode: 0o700 })
  if (owner.uid !== undefined) chownSync(data, owner.uid, owner.gid!)
  return data
}

async function answers(connectionString: string): Promise<void> {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: 2000 })
  await client.connect()
  await client.end()
}
