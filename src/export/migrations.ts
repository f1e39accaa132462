import { createHash } from 'node:crypto'
import { SchemaError } from '../plugin/readiness.ts'

/**
 * One step of a store's schema. Numbers only grow and a released step MUST NOT change: a step that
 * was applied in another form is an error.
 */
export interface Migration<Options> {
  readonly version: number
  readonly name: string
  /** Does a store with these options need it? */
  isWanted(options: Options): boolean
  statements(options: Options): string[]
}

/** A step as it was written down when it was applied. */
export interface AppliedMigration {
  readonly version: number
  readonly name: string
  readonly checksum: string
}

/** The steps of a kind of store. */
export interface MigrationPlan<Options> {
  readonly migrations: readonly Migration<Options>[]
  /** SHA-256, shortened, of what a step does. */
  readonly checksumOf: (migration: Migration<Options>) => string
  /** For messages: the table that the steps are of, and the one that they are written down in. */
  readonly table: string
  readonly ledger: string
}

/**
 * The wanted steps that are not applied, in order. Throws SchemaError when an applied step was
 * another one, or is not known here.
 */
export function pendingMigrations<Options>(
  { migrations, checksumOf, table, ledger }: MigrationPlan<Options>,
  applied: readonly AppliedMigration[],
  options: Options,
): Migration<Options>[] {
  const known = new Map(migrations.map(migration => [migration.version, migration]))
  for (const { version, name, checksum } of applied) {
    const migration = known.get(version)
    const step = `step ${version} (${name}) of ${table}`
    if (migration === undefined) {
      throw new SchemaError(`${step} was made by a newer version of Parsec: run that version`)
    }
    const checksumHere = checksumOf(migration)
    if (checksumHere !== checksum) {
      throw new SchemaError(
        `${step} was applied with checksum ${checksum}, but here it is ${checksumHere}: the step was changed after its release; restore it, or correct ${ledger} by hand`,
      )
    }
  }
  const versions = new Set(applied.map(({ version }) => version))
  return migrations.filter(step => !versions.has(step.version) && step.isWanted(options))
}

/**
 * `checksumOf` for steps whose statements are taken with these options: the same for every user, so
 * that settings do not count as changes.
 */
export function migrationChecksum<Options>(
  options: Options,
): (migration: Migration<Options>) => string {
  return migration => {
    const text = migration.statements(options).join(';\n')
    return createHash('sha256').update(text).digest('hex').slice(0, 16)
  }
}

/** The text of each step that a store with these options needs, for those who run them themselves. */
export function migrationTexts<Options>(
  migrations: readonly Migration<Options>[],
  options: Options,
): string[] {
  return migrations
    .filter(step => step.isWanted(options))
    .map(step => `-- ${step.version} ${step.name}\n${step.statements(options).join(';\n')};\n`)
}
