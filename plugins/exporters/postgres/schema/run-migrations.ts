import { type AppliedMigration, type Migration, pendingMigrations } from '#core'
import type { Session } from '../connections.ts'
import { quoteName } from '../sql.ts'
import { inTransaction, type TransactionLimits } from '../transaction.ts'
import { checksumOf, createMigrationsTable, MIGRATIONS, MIGRATIONS_TABLE } from './migrations.ts'
import { lockStatement, qualified, type SchemaOptions } from './schema-options.ts'

/**
 * Brings the schema up to date: applies, in order and in one transaction, every wanted step that is
 * not written down as applied. One process does it at a time; the others wait for it and find
 * nothing left to do. Returns the names of the steps it applied. Throws SchemaError when an applied
 * step was another one.
 */
export async function runMigrations(
  session: Session,
  options: SchemaOptions,
  limits: TransactionLimits,
  migrations: readonly Migration<SchemaOptions>[] = MIGRATIONS,
): Promise<string[]> {
  return await inTransaction(session, limits, async () => {
    await session.query(lockStatement(options))
    await createSchema(session, options)
    await session.query(createMigrationsTable(options))
    const applied = await readApplied(session, options)
    const { schema, table } = options
    const names = { table: `${schema}.${table}`, ledger: `${schema}.${MIGRATIONS_TABLE}` }
    const pending = pendingMigrations({ migrations, checksumOf, ...names }, applied, options)
    for (const migration of pending) {
      for (const sql of migration.statements(options)) await session.query(sql)
      await session.query(
        `INSERT INTO ${qualified(options, MIGRATIONS_TABLE)} (table_name, version, name, checksum) VALUES ($1, $2, $3, $4)`,
        [table, migration.version, migration.name, checksumOf(migration)],
      )
    }
    return pending.map(({ name }) => name)
  })
}

/** IF NOT EXISTS alone would ask for the right to create schemas even when there is nothing to do. */
async function createSchema(session: Session, { schema }: SchemaOptions): Promise<void> {
  const { rowCount } = await session.query('SELECT 1 FROM pg_namespace WHERE nspname = $1', [
    schema,
  ])
  if (rowCount === 0) await session.query(`CREATE SCHEMA IF NOT EXISTS ${quoteName(schema)}`)
}

async function readApplied(
  session: Session,
  options: SchemaOptions,
): Promise<readonly AppliedMigration[]> {
  const { rows } = await session.query<AppliedMigration>(
    `SELECT version, name, checksum FROM ${qualified(options, MIGRATIONS_TABLE)} WHERE table_name = $1 ORDER BY version`,
    [options.table],
  )
  return rows
}
