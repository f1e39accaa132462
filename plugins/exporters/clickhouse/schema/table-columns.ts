import { SchemaError } from '#core'
import { LOG_COLUMN_NAMES, type LogColumnName } from '../native/encode-block.ts'
import type { Transport } from '../transport.ts'

/** Without these a log record is no log record; the others only lose detail. */
const REQUIRED: readonly LogColumnName[] = ['Timestamp', 'Body']

const STRING = /^(?:LowCardinality\()?(?:Nullable\()?String\)*$/
const MAP = /^Map\((?:LowCardinality\(String\)|String), (?:LowCardinality\(String\)|String)\)$/
const TYPES: Readonly<Partial<Record<LogColumnName, RegExp>>> = {
  Timestamp: /^DateTime64\(/,
  ResourceAttributes: MAP,
  ScopeAttributes: MAP,
  LogAttributes: MAP,
  Body: STRING,
}

/**
 * The columns that the table has and that we can write. Throws SchemaError when a required one is
 * missing, or one has a type that does not fit; another error for an answer that is none.
 */
export async function readTableColumns(
  transport: Transport,
  table: string,
  signal: AbortSignal,
): Promise<LogColumnName[]> {
  const rows = await transport.select(`DESCRIBE TABLE ${table}`, signal)
  // Every table has columns: what says otherwise is no ClickHouse, or not today.
  if (rows.length === 0) throw new Error(`the answer to DESCRIBE TABLE ${table} is empty`)
  const types = new Map(
    rows
      .filter(row => !['MATERIALIZED', 'ALIAS'].includes(String(row['default_type'])))
      .map(row => [String(row['name']), String(row['type'])]),
  )
  const missing = REQUIRED.filter(name => !types.has(name))
  if (missing.length > 0) {
    throw new SchemaError(
      `table ${table} has no column ${missing.join(', ')}: see "parsec print-ddl" for the columns it needs`,
    )
  }
  const columns = LOG_COLUMN_NAMES.filter(name => types.has(name))
  for (const name of columns) {
    const type = types.get(name) ?? ''
    if (TYPES[name]?.test(type) === false) {
      throw new SchemaError(`column ${name} of ${table} is ${type}, which logs do not fit into`)
    }
  }
  return columns
}
