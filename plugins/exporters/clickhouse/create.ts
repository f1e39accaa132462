import type { Exporter, PluginContext } from '#core'
import type { ClickHouseConfig } from './config.ts'
import { ClickHouseExporter } from './exporter.ts'
import { openTransport } from './open-transport.ts'
import { prepareTable } from './schema/prepare-table.ts'
import { qualifiedTable, schemaOptions } from './schema/schema-options.ts'

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
