import { type Migration, migrationChecksum, migrationTexts } from '#core'
import { createLogsTable, fullTextStatements } from './logs-table.ts'
import { onCluster, qualifiedTable, type SchemaOptions } from './schema-options.ts'

export const LEDGER_TABLE = 'parsec_migrations'

/** Every statement MUST be safe to repeat: two processes may apply a step at once, without transactions. */
export const MIGRATIONS: readonly Migration<SchemaOptions>[] = [
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

export const checksumOf = migrationChecksum<SchemaOptions>({
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
})

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
  const steps = migrationTexts(MIGRATIONS, options)
  const database =
    options.database === 'default'
      ? ''
      : `CREATE DATABASE IF NOT EXISTS ${quoted(options)}${onCluster(options)};\n\n`
  return `${database}${steps.join('\n')}`
}

function quoted({ database }: SchemaOptions): string {
  return `\`${database}\``
}
