import { SchemaError } from '#core'
import type { Session } from '../connections.ts'
import { quoteName } from '../sql.ts'
import { inTransaction, type TransactionLimits } from '../transaction.ts'
import {
  checksumOf,
  createMigrationsTable,
  MIGRATIONS,
  MIGRATIONS_TABLE,
  type Migration,
} from './migrations.ts'
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
  migrations: readonly Migration[] = MIGRATIONS,
): Promise<string[]> {
  return await inTransaction(session, limits, async () => {
    await session.query(lockStatement(options))
    await createSchema(session, options)
    await session.query(createMigrationsTable(options))
    const applied = await readApplied(session, options)
    checkApplied(applied, migrations, options)
    const done: string[] = []
    for (const migration of migrations) {
      const isApplied = applied.some(({ version }) => version === migration.version)
      if (isApplied || !migration.isWanted(options)) continue
      for (const sql of migration.statements(options)) await session.query(sql)
      await session.query(
        `INSERT INTO ${qualified(options, MIGRATIONS_TABLE)} (table_name, version, name, checksum) VALUES ($1, $2, $3, $4)`,
        [options.table, migration.version, migration.name, checksumOf(migration)],
      )
      done.push(migration.name)
    }
    return done
  })
}

/** IF NOT EXISTS alone would ask for the right to create schemas even when there is nothing to do. */
async function createSchema(session: Session, { schema }: SchemaOptions): Promise<void> {
  const { rowCount } = await session.query('SELECT 1 FROM pg_namespace WHERE nspname = $1', [
    schema,
  ])
  if (rowCount === 0) await session.query(`CREATE SCHEMA IF NOT EXISTS ${quoteName(schema)}`)
}

interface Applied {
  readonly version: number
  readonly name: string
  readonly checksum: string
}

async function readApplied(session: Session, options: SchemaOptions): Promise<readonly Applied[]> {
  const { rows } = await session.query<Applied>(
    `SELECT version, name, checksum FROM ${qualified(options, MIGRATIONS_TABLE)} WHERE table_name = $1 ORDER BY version`,
    [options.table],
  )
  return rows
}

function checkApplied(
  applied: readonly Applied[],
  migrations: readonly Migration[],
  { schema, table }: SchemaOptions,
): void {
  for (const { version, name, checksum } of applied) {
    const migration = migrations.find(known => known.version === version)
    const step = `step ${version} (${name}) of ${schema}.${table}`
    if (migration === undefined) {
      throw new SchemaError(`${step} was made by a newer version of Parsec: run that version`)
    }
    if (checksumOf(migration) !== checksum) {
      throw new SchemaError(
        `${step} was applied with checksum ${checksum}, but here it is ${checksumOf(migration)}: the step was changed after its release; restore it, or correct ${schema}.${MIGRATIONS_TABLE} by hand`,
      )
    }
  }
}
