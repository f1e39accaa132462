import { type Migration, migrationChecksum, migrationTexts } from '#core'
import { quoteName } from '../sql.ts'
import {
  attributeIndexes,
  bodyIndexes,
  createLedger,
  createLogsTable,
  leanIndexes,
} from './logs-table.ts'
import { qualified, type SchemaOptions } from './schema-options.ts'

/** Which steps were applied, for all log tables of a schema. */
export const MIGRATIONS_TABLE = 'parsec_migrations'

export const MIGRATIONS: readonly Migration<SchemaOptions>[] = [
  {
    version: 1,
    name: 'create_tables',
    isWanted: () => true,
    statements: options => [
      createLogsTable(options),
      createLedger(options),
      ...leanIndexes(options),
    ],
  },
  {
    version: 2,
    name: 'index_attributes',
    isWanted: ({ indexProfile }) => indexProfile !== 'lean',
    statements: attributeIndexes,
  },
  {
    version: 3,
    name: 'index_body',
    isWanted: ({ indexProfile }) => indexProfile === 'full_text',
    statements: bodyIndexes,
  },
]

export const checksumOf = migrationChecksum<SchemaOptions>({
  schema: 'public',
  table: 'otel_logs',
  indexProfile: 'full_text',
})

/** Makes the table of applied steps. */
export function createMigrationsTable(options: SchemaOptions): string {
  return `CREATE TABLE IF NOT EXISTS ${qualified(options, MIGRATIONS_TABLE)} (
    table_name text NOT NULL,
    version integer NOT NULL,
    name text NOT NULL,
    checksum text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (table_name, version)
)`
}

/** Every statement a store with these options needs, for those who run them themselves. */
export function ddlText(options: SchemaOptions): string {
  const steps = migrationTexts(MIGRATIONS, options)
  const table = qualified(options)
  const partitions = `-- Partitions: make those of the coming days ahead, with pg_partman or a job of your own.
CREATE TABLE IF NOT EXISTS ${qualified(options, `${options.table}_default`)} PARTITION OF ${table} DEFAULT;
-- CREATE TABLE ${qualified(options, `${options.table}_p20300101`)} PARTITION OF ${table}
--     FOR VALUES FROM ('2030-01-01 00:00:00+00') TO ('2030-01-02 00:00:00+00');
`
  return [createSchema(options), ...steps, partitions].filter(text => text !== '').join('\n')
}

function createSchema({ schema }: SchemaOptions): string {
  return schema === 'public' ? '' : `CREATE SCHEMA IF NOT EXISTS ${quoteName(schema)};\n`
}
