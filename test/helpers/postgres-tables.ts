import type { ExecutionContext } from 'ava'
import { type PostgresConfig, postgresConfig } from '../../plugins/exporters/postgres/config.ts'
import { Connections } from '../../plugins/exporters/postgres/connections.ts'
import { parseEndpoint } from '../../plugins/exporters/postgres/endpoint.ts'
import { connectionOptions } from '../../plugins/exporters/postgres/from-config.ts'
import { prepareTables } from '../../plugins/exporters/postgres/schema/prepare-tables.ts'
import {
  type SchemaOptions,
  schemaOptions,
} from '../../plugins/exporters/postgres/schema/schema-options.ts'
import { createTestContext } from '../../src/testing/index.ts'

/** A database of its own with what a config wants, and SQL over it. */
export interface PostgresTables {
  readonly config: PostgresConfig
  readonly options: SchemaOptions
  readonly connections: Connections
  readonly signal: AbortSignal
  /** Rows as objects; several statements give the rows of none. */
  readonly sql: (text: string) => Promise<Record<string, unknown>[]>
}

/** `prepared: false` leaves the database empty. */
export async function postgresTables(
  t: ExecutionContext,
  endpoint: string,
  keys: object = {},
  prepared = true,
): Promise<PostgresTables> {
  const config = postgresConfig.parse({ endpoint, ...keys })
  const connections = new Connections(connectionOptions(config, parseEndpoint(endpoint)))
  t.teardown(() => connections.close(AbortSignal.timeout(5000)))
  const { signal } = new AbortController()
  const { logger } = createTestContext('exporter', 'postgres')
  if (prepared) await connections.use(signal, session => prepareTables(session, config, logger))
  return {
    config,
    options: schemaOptions(config),
    connections,
    signal,
    sql: text =>
      connections.use(signal, async session => {
        await session.query("SET timezone = 'UTC'")
        return (await session.query<Record<string, unknown>>(text)).rows
      }),
  }
}
