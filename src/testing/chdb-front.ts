import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Session } from 'chdb'

/*
 * A small ClickHouse HTTP interface over the embedded engine, so that what speaks HTTP is tested
 * against the real engine without a server. One front a process, since the engine binds to one
 * directory. Knows what clients need: `query`, `database`, settings, `default_format`, a body, and
 * exceptions with their code.
 */

export interface ChdbFront {
  readonly url: string
  /** Every request's SQL, in order. */
  readonly statements: readonly string[]
  /** When set, each request awaits it first; what it returns is sent instead of an answer. */
  before: ((sql: string) => FrontAnswer | undefined | Promise<FrontAnswer | undefined>) | undefined
  close(): Promise<void>
}

export interface FrontAnswer {
  readonly status: number
  /** Code of a ClickHouse exception. */
  readonly code?: number
  readonly text: string
}

/** URL parameters that are no settings. */
const PARAMETERS = new Set(['query', 'database', 'query_id', 'default_format', 'wait_end_of_query'])

/** Serves a new store, or the one at `path`, on a port of its own choice or on `port`. */
export async function startChdbFront(
  options: { readonly path?: string; readonly port?: number } = {},
): Promise<ChdbFront> {
  const directory = await mkdtemp(join(tmpdir(), 'parsec-front-'))
  const { Session } = await import('chdb')
  const session = new Session(options.path ?? join(directory, 'store'))
  const statements: string[] = []
  let count = 0
  const server = createServer((incoming, response) => {
    answer(incoming, response).catch((error: unknown) => {
      const { message, clickhouseCode = 0 } = error as Error & { clickhouseCode?: number }
      send(response, { status: 500, code: clickhouseCode, text: message })
    })
  })

  async function answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { searchParams } = new URL(incoming.url ?? '/', 'http://front')
    const chunks: Uint8Array[] = []
    for await (const chunk of incoming) chunks.push(chunk as Uint8Array)
    const body = Buffer.concat(chunks)
    const inUrl = searchParams.get('query')
    const sql = inUrl ?? body.toString()
    statements.push(sql)
    const instead = await front.before?.(sql)
    if (instead !== undefined) {
      send(response, instead)
      return
    }
    const file = join(directory, `${count++}.body`)
    const isInsert = /^\s*insert\b/i.test(sql) && inUrl !== null && body.length > 0
    if (isInsert) await writeFile(file, body)
    try {
      const text = await run(searchParams, isInsert ? fromFile(sql, file) : sql)
      response.writeHead(200, { 'x-clickhouse-format': 'Native' }).end(text)
    } finally {
      await rm(file, { force: true })
    }
  }

  async function run(parameters: URLSearchParams, sql: string): Promise<Uint8Array> {
    const own = parameters.get('readonly') === '1' ? sessionFor(session) : session
    try {
      const settings = [...parameters].filter(([name]) => !PARAMETERS.has(name))
      const database = parameters.get('database')
      if (database !== null) await own.queryAsync(`USE \`${database}\``)
      if (own !== session && settings.length > 0) {
        const list = settings.map(([name, value]) => `${name}='${value}'`)
        await own.queryAsync(`SET ${list.join(', ')}`)
      }
      const format = parameters.get('default_format') ?? 'TabSeparated'
      return (await own.queryAsync(sql, { format })).bytes()
    } finally {
      if (own !== session) own.close()
    }
  }

  function sessionFor(same: Session): Session {
    return new Session(same.path)
  }

  await new Promise<void>(resolve => server.listen(options.port ?? 0, '127.0.0.1', resolve))
  const front: ChdbFront = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    statements,
    before: undefined,
    close: async () => {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
      session.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
  return front
}

/** The embedded engine reads binary data from files only. */
function fromFile(sql: string, file: string): string {
  return sql.replace(/\s+SETTINGS\s/, ` FROM INFILE '${file}' SETTINGS `)
}

function send(response: ServerResponse, { status, code, text }: FrontAnswer): void {
  response
    .writeHead(status, code === undefined ? {} : { 'x-clickhouse-exception-code': code })
    .end(text)
}
