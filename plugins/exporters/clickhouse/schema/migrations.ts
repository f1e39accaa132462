import { createHash } from 'node:crypto'
import { createLogsTable, fullTextStatements } from './logs-table.ts'
import { onCluster, qualifiedTable, type SchemaOptions } from './schema-options.ts'

export const LEDGER_TABLE = 'parsec_migrations'

/**
 * One step of the schema. Numbers only grow and a released step MUST NOT change: a step that was
 * applied in another form is an error. Every statement MUST be safe to repeat, since two processes
 * may apply a step at the same time and DDL has no transactions.
 */
export interface Migration {
  readonly version: number
  readonly name: string
  /** Does a store of this kind need it? */
  isWanted(options: SchemaOptions): boolean
  statements(options: SchemaOptions): string[]
}

export const MIGRATIONS: readonly Migration[] = [
  {
    version: 1,
    name: 'create_logs_table',
    isWanted: () => true,
    statements: options => [createLogsTable(options)],
  },
  {
    version: 2,
    name: 'add_full_text_indexes',
    isWanted: ({ indexProfile }) => indexProfile === 'full_text',
    statements: fullTextStatements,
  },
]

/** What checksums are taken of: the same for every user, so that settings do not count as changes. */
const CHECKSUM_OPTIONS: SchemaOptions = {
  database: 'default',
  table: 'otel_logs',
  clusterName: '',
  engine: 'MergeTree',
  engineParams: '',
  ttlSeconds: 0,
  indexProfile: 'full_text',
  dedupWindow: 10_000,
  isEmbedded: false,
  tenantAttribute: '',
  version: { major: 26, minor: 2 },
}

/** SHA-256, shortened, of what a step does. */
export function checksumOf(migration: Migration): string {
  const text = migration.statements(CHECKSUM_OPTIONS).join(';\n')
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}

/** Makes the database and the ledger; safe to repeat. */
export function preludeStatements(options: SchemaOptions): string[] {
  const cluster = onCluster(options)
  const ledger = qualifiedTable(options, LEDGER_TABLE)
  const database = `CREATE DATABASE IF NOT EXISTS ${quoted(options)}${cluster}`
  return [
    ...(options.database === 'default' ? [] : [database]),
    `CREATE TABLE IF NOT EXISTS ${ledger}${cluster} (
    table String,
    version UInt32,
    name String,
    checksum String,
    applied_at DateTime64(3) DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree
ORDER BY (table, version)`,
  ]
}

/** Every statement a store with these options needs, for those who run them themselves. */
export function ddlText(options: SchemaOptions): string {
  const steps = MIGRATIONS.filter(step => step.isWanted(options)).map(
    step => `-- ${step.version} ${step.name}\n${step.statements(options).join(';\n')};\n`,
  )
  const database =
    options.database === 'default'
      ? ''
      : `CREATE DATABASE IF NOT EXISTS ${quoted(options)}${onCluster(options)};\n\n`
  return `${database}${steps.join('\n')}`
}

function quoted({ database }: SchemaOptions): string {
  return `\`${database}\``
}
