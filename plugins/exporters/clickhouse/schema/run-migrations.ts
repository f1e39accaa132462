import { type AppliedMigration, type Migration, pendingMigrations } from '#core'
import { quoteText, type Transport } from '../transport.ts'
import { checksumOf, LEDGER_TABLE, MIGRATIONS, preludeStatements } from './migrations.ts'
import { qualifiedTable, type SchemaOptions } from './schema-options.ts'

/**
 * Brings the schema up to date: applies, in order, every wanted step that the ledger does not have.
 * Returns the names of those it applied. Throws SchemaError when an applied step was another one.
 */
export async function runMigrations(
  transport: Transport,
  options: SchemaOptions,
  signal: AbortSignal,
  migrations: readonly Migration<SchemaOptions>[] = MIGRATIONS,
): Promise<string[]> {
  for (const sql of preludeStatements(options)) await transport.command(sql, signal)
  const applied = await readLedger(transport, options, signal)
  const { database, table } = options
  const names = { table: `${database}.${table}`, ledger: `${database}.${LEDGER_TABLE}` }
  const pending = pendingMigrations({ migrations, checksumOf, ...names }, applied, options)
  for (const migration of pending) {
    for (const sql of migration.statements(options)) await transport.command(sql, signal)
    await record(transport, options, migration, signal)
  }
  return pending.map(({ name }) => name)
}

async function readLedger(
  transport: Transport,
  options: SchemaOptions,
  signal: AbortSignal,
): Promise<readonly AppliedMigration[]> {
  const rows = await transport.select(
    `SELECT version, any(name) AS name, any(checksum) AS checksum FROM ${qualifiedTable(options, LEDGER_TABLE)} WHERE table = ${quoteText(options.table)} GROUP BY version ORDER BY version`,
    signal,
  )
  return rows.map(row => ({
    version: Number(row['version']),
    name: String(row['name']),
    checksum: String(row['checksum']),
  }))
}

async function record(
  transport: Transport,
  options: SchemaOptions,
  migration: Migration<SchemaOptions>,
  signal: AbortSignal,
): Promise<void> {
  const values = [
    quoteText(options.table),
    String(migration.version),
    quoteText(migration.name),
    quoteText(checksumOf(migration)),
  ]
  await transport.command(
    `INSERT INTO ${qualifiedTable(options, LEDGER_TABLE)} (table, version, name, checksum) SELECT ${values.join(', ')} SETTINGS async_insert=0`,
    signal,
  )
}
