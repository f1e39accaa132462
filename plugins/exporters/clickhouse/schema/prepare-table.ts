import type { PluginContext } from '#core'
import type { LogColumnName } from '../native/encode-block.ts'
import type { Transport } from '../transport.ts'
import { tableChanges } from './reconcile-table.ts'
import { runMigrations } from './run-migrations.ts'
import { qualifiedTable, type SchemaOptions } from './schema-options.ts'
import { parseServerVersion } from './server-version.ts'
import { readTableColumns } from './table-columns.ts'

/** A server that does not say its version is taken for one without the newer indexes. */
const VERSION_UNKNOWN = { major: 0, minor: 0 }

/**
 * Makes the table ready to be written, and returns the columns to write. With `create` the schema is
 * made and migrated; without, the table is only looked at, and what it lacks is one warning.
 * Throws SchemaError when a person has to act, and whatever the transport throws.
 */
export async function prepareTable(
  transport: Transport,
  optionsFor: (version: { readonly major: number; readonly minor: number }) => SchemaOptions,
  create: boolean,
  logger: PluginContext['logger'],
  signal: AbortSignal,
): Promise<LogColumnName[]> {
  const [row] = await transport.select('SELECT version() AS version', signal)
  const version = parseServerVersion(String(row?.['version'] ?? '')) ?? VERSION_UNKNOWN
  const options = optionsFor(version)
  if (create) {
    const applied = await runMigrations(transport, options, signal)
    if (applied.length > 0) logger.info({ applied }, 'schema migrated')
  }
  const columns = await readTableColumns(transport, qualifiedTable(options), signal)
  const changes = await tableChanges(transport, options, signal)
  if (create) for (const sql of changes) await transport.command(sql, signal)
  else if (changes.length > 0) logger.warn({ changes }, 'the table differs from the config')
  return columns
}
