import type { PluginContext } from '#core'
import type { LogColumnName } from '../native/encode-block.ts'
import type { Transport } from '../transport.ts'
import { MIGRATIONS } from './migrations.ts'
import { tableChanges } from './reconcile-table.ts'
import { runMigrations } from './run-migrations.ts'
import { qualifiedTable, type SchemaOptions } from './schema-options.ts'
import { parseServerVersion } from './server-version.ts'
import { readTableColumns } from './table-columns.ts'
import { goOverStatements, tenantMismatch } from './tenant-column.ts'

/** A server that does not say its version is taken for one without the newer indexes. */
const VERSION_UNKNOWN = { major: 0, minor: 0 }

/** What to do about a table that exists already and has another order. */
const GO_OVER =
  'To have tenant_attribute work, give logs_table_name a new name, or run the statements while nothing writes'

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
  const mismatch = await tenantMismatch(transport, options, signal)
  if (mismatch !== undefined) {
    const statements = goOverStatements(options, stepsOf, columns)
    logger.warn({ statements }, `${mismatch}: it is left as it is. ${GO_OVER}`)
  }
  return columns
}

function stepsOf(options: SchemaOptions): string[] {
  return MIGRATIONS.filter(step => step.isWanted(options)).flatMap(step => step.statements(options))
}
