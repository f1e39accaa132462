import { checkServerIdentity, type ConnectionOptions as TlsOptions } from 'node:tls'
import type { Exporter, PluginContext } from '#core'
import { loadTlsClientOptions } from '#core/net'
import type { PostgresConfig } from './config.ts'
import { type ConnectionOptions, Connections } from './connections.ts'
import { describeEndpoint, type Endpoint, isLocal, parseEndpoint } from './endpoint.ts'
import { PostgresExporter } from './exporter.ts'
import { ddlText } from './schema/migrations.ts'
import { keepTables, prepareTables } from './schema/prepare-tables.ts'
import { ledgerName, qualified, schemaOptions } from './schema/schema-options.ts'
import type { TransactionLimits } from './transaction.ts'

/** Where `timeout: 0` asks for no bound: a server that is silent must be given up some time. */
const STATEMENT_MS_MAX = 600_000
/** For a repetition whose first try is still under way on the server. */
const LOCK_MS_MAX = 10_000

/** Puts an exporter together from its config. Throws when a TLS file cannot be read. */
export function createPostgresExporter(config: PostgresConfig, context: PluginContext): Exporter {
  const { logger } = context
  const endpoint = parseEndpoint(config.endpoint)
  if (endpoint.ignored.length > 0) {
    logger.warn({ ignored: endpoint.ignored }, 'parameters of the endpoint without a meaning here')
  }
  if (config.ttl > 0 && !config.create_schema) {
    logger.warn('ttl does nothing with create_schema: false: expire the partitions yourself')
  }
  const options = schemaOptions(config)
  const address = describeEndpoint(endpoint)
  const connections = new Connections(connectionOptions(config, endpoint))
  return new PostgresExporter({
    context,
    connections,
    where: `${address}, table ${options.schema}.${options.table}`,
    endpoint: address,
    table: qualified(options),
    ledger: qualified(options, ledgerName(options)),
    limits: transactionLimits(config),
    prepare: session => prepareTables(session, config, logger),
    keep: session => keepTables(session, config, logger),
  })
}

/** The schema of a config as SQL, for those who run it themselves (`create_schema: false`). */
export function printDdl(config: PostgresConfig): string {
  return ddlText(schemaOptions(config))
}

/** Reads the TLS files; throws when one cannot be read. */
export function connectionOptions(config: PostgresConfig, endpoint: Endpoint): ConnectionOptions {
  const username = config.username || endpoint.username || 'postgres'
  return {
    host: endpoint.host,
    port: endpoint.port,
    username,
    password: config.password || endpoint.password || '',
    database: config.database || endpoint.database || username,
    applicationName: endpoint.applicationName ?? 'parsec',
    tls: wantsTls(config, endpoint) ? tlsOptions(config) : undefined,
    // One more for the upkeep of the tables.
    connectionsMax: config.sending_queue.num_consumers + 1,
  }
}

function transactionLimits({ timeout }: PostgresConfig): TransactionLimits {
  const statementMs = timeout === 0 ? STATEMENT_MS_MAX : timeout
  return { statementMs, lockMs: Math.min(statementMs, LOCK_MS_MAX) }
}

function wantsTls({ tls }: PostgresConfig, endpoint: Endpoint): boolean {
  return endpoint.tls ?? (!tls.insecure && !isLocal(endpoint))
}

function tlsOptions({ tls }: PostgresConfig): TlsOptions {
  const options: TlsOptions = loadTlsClientOptions({ ...tls, insecure: false }) ?? {}
  const name = tls.server_name_override
  if (name === undefined) return options
  // pg puts the host in place of `servername`, so the check itself has to look for the other name.
  return { ...options, checkServerIdentity: (_host, cert) => checkServerIdentity(name, cert) }
}
