import pg from 'pg'
import type { Mint } from '../records.ts'
import type { Destination } from './destination.ts'
import { arrivalOfRow, expectedRow, type PostgresRow, SELECT_ROWS } from './postgres-rows.ts'
import { TcpFaultProxy } from './tcp-fault-proxy.ts'

/** A server on the loopback and a role that may create databases. */
const SERVER_VARIABLE = 'PARSEC_CHAOS_POSTGRES'

let databases = 0

/** A database of its own in a PostgreSQL server, behind a proxy that disturbs it. */
export async function startPostgresDestination(mint: Mint, seed: number): Promise<Destination> {
  const server = process.env[SERVER_VARIABLE]
  if (server === undefined) {
    throw new Error(
      `set ${SERVER_VARIABLE} to a server, such as postgres://user@127.0.0.1:5432/postgres; "npm run services -- start postgres" has one`,
    )
  }
  const url = new URL(server)
  const name = `parsec_chaos_${process.pid}_${++databases}`
  await ask(url, `CREATE DATABASE ${name}`)
  const proxy = await TcpFaultProxy.start(Number(url.port || '5432'), seed)
  const own = new URL(url)
  own.pathname = `/${name}`
  const disturbed = new URL(own)
  disturbed.port = String(proxy.port)
  return {
    exporter: { type: 'postgres', keys: { endpoint: disturbed.href } },
    exactlyOnce: true,
    proxy,
    expected: number => expectedRow(mint, number),
    arrivals: async () => (await ask<PostgresRow>(own, SELECT_ROWS)).map(arrivalOfRow),
    close: async () => {
      await proxy.close()
      await ask(url, `DROP DATABASE ${name} WITH (FORCE)`)
    },
  }
}

async function ask<Row extends pg.QueryResultRow>(url: URL, sql: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url.href, connectionTimeoutMillis: 10_000 })
  client.on('error', () => {})
  await client.connect()
  try {
    return (await client.query<Row>(sql)).rows
  } finally {
    await client.end()
  }
}
