import { SchemaError } from '#core'
import type { Session } from '../connections.ts'
import { LOG_COLUMNS } from '../copy/log-columns.ts'
import { ledgerName, qualified, type SchemaOptions } from './schema-options.ts'

const LEDGER_COLUMNS = {
  token: 'uuid',
  inserted_at: 'timestamp with time zone',
  records: 'integer',
  rejected: 'integer[]',
  fault: 'text',
}

/**
 * Checks that the log table and its ledger have every column that is written, with its type: COPY in
 * binary converts nothing. Columns of other names are the operator's. Throws SchemaError.
 */
export async function checkTables(session: Session, options: SchemaOptions): Promise<void> {
  await checkTable(session, options, options.table, LOG_COLUMNS)
  await checkTable(session, options, ledgerName(options), LEDGER_COLUMNS)
}

async function checkTable(
  session: Session,
  options: SchemaOptions,
  table: string,
  wanted: Readonly<Record<string, string>>,
): Promise<void> {
  const name = `${options.schema}.${table}`
  const { rows } = await session.query<{ readonly name: string; readonly type: string }>(
    `SELECT attname AS name, format_type(atttypid, NULL) AS type FROM pg_attribute
WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped AND attgenerated = ''`,
    [qualified(options, table)],
  )
  const hint = 'see "parsec print-ddl" for what it needs'
  if (rows.length === 0) throw new SchemaError(`there is no table ${name}: ${hint}`)
  const types = new Map(rows.map(row => [row.name, row.type]))
  const missing = Object.keys(wanted).filter(column => !types.has(column))
  if (missing.length > 0) {
    throw new SchemaError(`table ${name} has no column ${missing.join(', ')}: ${hint}`)
  }
  for (const [column, type] of Object.entries(wanted)) {
    const found = types.get(column)
    if (found !== type && !(type === 'text' && found === 'character varying')) {
      throw new SchemaError(`column ${column} of ${name} is ${found}, and must be ${type}: ${hint}`)
    }
  }
}
