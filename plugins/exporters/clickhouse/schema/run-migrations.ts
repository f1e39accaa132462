import { SchemaError } from '#core'
import { quoteText, type Transport } from '../transport.ts'
import {
  checksumOf,
  LEDGER_TABLE,
  MIGRATIONS,
  type Migration,
  preludeStatements,
} from './migrations.ts'
import { qualifiedTable, type SchemaOptions } from './schema-options.ts'

/**
 * Brings the schema up to date: applies, in order, every wanted step that the ledger does not have.
 * Returns the names of those it applied. Throws SchemaError when an applied step was another one.
 */
export async function runMigrations(
  transport: Transport,
  options: SchemaOptions,
  signal: AbortSignal,
  migrations: readonly Migration[] = MIGRATIONS,
): Promise<string[]> {
  for (const sql of preludeStatements(options)) await transport.command(sql, signal)
  const applied = await readLedger(transport, options, signal)
  checkLedger(applied, migrations, options)
  const done: string[] = []
  for (const migration of migrations) {
    if (applied.has(migration.version) || !migration.isWanted(options)) continue
    for (const sql of migration.statements(options)) await transport.command(sql, signal)
    await record(transport, options, migration, signal)
    done.push(migration.name)
  }
  return done
}

interface Applied {
  readonly name: string
  readonly checksum: string
}

async function readLedger(
  transport: Transport,
  options: SchemaOptions,
  signal: AbortSignal,
): Promise<Map<number, Applied>> {
  const rows = await transport.select(
    `SELECT version, any(name) AS name, any(checksum) AS checksum FROM ${qualifiedTable(options, LEDGER_TABLE)} WHERE table = ${quoteText(options.table)} GROUP BY version ORDER BY version`,
    signal,
  )
  return new Map(
    rows.map(row => [
      Number(row['version']),
      { name: String(row['name']), checksum: String(row['checksum']) },
    ]),
  )
}

function checkLedger(
  applied: ReadonlyMap<number, Applied>,
  migrations: readonly Migration[],
  options: SchemaOptions,
): void {
  const known = new Map(migrations.map(migration => [migration.version, migration]))
  for (const [version, { name, checksum }] of applied) {
    const migration = known.get(version)
    const step = `step ${version} (${name}) of ${options.database}.${options.table}`
    if (migration === undefined) {
      throw new SchemaError(`${step} was made by a newer version of Parsec: run that version`)
    }
    if (checksumOf(migration) !== checksum) {
      throw new SchemaError(
        `${step} was applied with checksum ${checksum}, but here it is ${checksumOf(migration)}: the step was changed after its release; restore it, or correct ${options.database}.${LEDGER_TABLE} by hand`,
      )
    }
  }
}

async function record(
  transport: Transport,
  options: SchemaOptions,
  migration: Migration,
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
