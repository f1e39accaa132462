import type { PostgresConfig } from '../config.ts'
import { quoteName, quoteText } from '../sql.ts'

/** What the statements of the schema are made from. */
export interface SchemaOptions {
  readonly schema: string
  readonly table: string
  readonly indexProfile: PostgresConfig['index_profile']
}

export function schemaOptions(config: PostgresConfig): SchemaOptions {
  return {
    schema: config.schema,
    table: config.logs_table_name,
    indexProfile: config.index_profile,
  }
}

/** "schema"."name", of the log table or of another one beside it. */
export function qualified(
  { schema, table }: Pick<SchemaOptions, 'schema' | 'table'>,
  name = table,
): string {
  return `${quoteName(schema)}.${quoteName(name)}`
}

/** The table that remembers stored batches. */
export function ledgerName({ table }: Pick<SchemaOptions, 'table'>): string {
  return `${table}_ledger`
}

/**
 * Waits for the lock under which the tables of one log table are changed, so that several processes
 * agree; it ends with the transaction.
 */
export function lockStatement(options: Pick<SchemaOptions, 'schema' | 'table'>): string {
  const name = `parsec ${options.schema}.${options.table}`
  return `SELECT pg_advisory_xact_lock(hashtextextended(${quoteText(name)}, 0))`
}
