import type { Exporter, PluginContext } from '#core'
import { ChdbTransport } from './chdb/transport.ts'
import type { ClickHouseConfig } from './config.ts'
import { type Endpoint, parseEndpoint } from './endpoint.ts'
import { ClickHouseExporter } from './exporter.ts'
import { databaseOf, httpOptions } from './http/options.ts'
import { HttpTransport } from './http/transport.ts'
import { ddlText } from './schema/migrations.ts'
import { prepareTable } from './schema/prepare-table.ts'
import { qualifiedTable, schemaOptions } from './schema/schema-options.ts'
import type { Transport } from './transport.ts'

/** Puts an exporter together from its config. */
export function createClickHouseExporter(
  config: ClickHouseConfig,
  context: PluginContext,
): Exporter {
  const { logger } = context
  const warn = (message: string): void => logger.warn(message)
  const { endpoint, database, transport } = openTransport(config, warn, true)
  const table = config.logs_table_name
  return new ClickHouseExporter({
    context,
    transport,
    table: qualifiedTable({ database, table }),
    prepare: signal =>
      prepareTable(
        transport,
        version => schemaOptions(config, endpoint, database, version),
        config.create_schema,
        logger,
        signal,
      ),
  })
}

/** The statements are for a current server: the oldest version that has text indexes. */
const DDL_VERSION = { major: 26, minor: 2 }

/** The schema of a config as SQL, for those who run it themselves (`create_schema: false`). */
export function printDdl(config: ClickHouseConfig): string {
  const endpoint = parseEndpoint(config.endpoint)
  const database = databaseOf(config, endpoint.kind === 'http' ? endpoint : {})
  return ddlText(schemaOptions(config, endpoint, database, DDL_VERSION))
}

export interface Store {
  readonly endpoint: Endpoint
  readonly database: string
  readonly transport: Transport
}

/**
 * The transport of a config, not opened yet. `warn` gets one line for each key that is accepted but
 * not done. Throws when a TLS file cannot be read.
 */
export function openTransport(
  config: ClickHouseConfig,
  warn: (message: string) => void,
  create: boolean,
): Store {
  const endpoint = parseEndpoint(config.endpoint)
  if (config.async_insert) warn('async_insert: true is ignored, batches go in synchronously')
  if (endpoint.kind === 'http') {
    const options = httpOptions(config, endpoint, warn)
    return { endpoint, database: options.database, transport: new HttpTransport(options) }
  }
  const database = databaseOf(config, {})
  const settings = config.connection_params
  const transport = new ChdbTransport({
    path: endpoint.path,
    database,
    settings,
    create,
    onWarning: warn,
  })
  return { endpoint, database, transport }
}
