import { quoteName, quoteText, type Transport } from '../transport.ts'
import { onCluster, qualifiedTable, type SchemaOptions } from './schema-options.ts'

/** The first column of the order of a table that is made with `tenant_attribute`. */
const TENANT_COLUMN = 'Tenant'

/**
 * The column, with the comma before it; nothing without `tenant_attribute`. The server fills it, so
 * that it says the same as the attribute whoever inserts, and `SELECT *` is what it always was.
 */
export function tenantColumn({ tenantAttribute }: SchemaOptions): string {
  if (tenantAttribute === '') return ''
  return `,\n    ${TENANT_COLUMN} LowCardinality(String) MATERIALIZED ${valueOf(tenantAttribute)} CODEC(ZSTD(1))`
}

/** What the order begins with, with the comma behind it; nothing without `tenant_attribute`. */
export function tenantOrder({ tenantAttribute }: SchemaOptions): string {
  return tenantAttribute === '' ? '' : `${TENANT_COLUMN}, `
}

/**
 * Why an existing table does not do what `tenant_attribute` says, for a person to read; undefined
 * when it does. The order of a table cannot be changed, so nothing is: see `goOverStatements`.
 */
export async function tenantMismatch(
  transport: Transport,
  options: SchemaOptions,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { tenantAttribute, database, table } = options
  if (tenantAttribute === '') return undefined
  const [key] = await transport.select(
    `SELECT primary_key FROM system.tables WHERE database = ${quoteText(database)} AND name = ${quoteText(table)} AND engine LIKE '%MergeTree'`,
    signal,
  )
  // A Distributed table or a view has no order of its own.
  if (key === undefined) return undefined
  const where = `${database}.${table}`
  const order = String(key['primary_key'])
  if (order.split(',')[0] !== TENANT_COLUMN) {
    return `${where} is ordered by (${order}), not by ${TENANT_COLUMN} first`
  }
  const [column] = await transport.select(
    `SELECT default_expression FROM system.columns WHERE database = ${quoteText(database)} AND table = ${quoteText(table)} AND name = ${quoteText(TENANT_COLUMN)}`,
    signal,
  )
  const source = String(column?.['default_expression'] ?? '')
  if (source === valueOf(tenantAttribute)) return undefined
  return `${TENANT_COLUMN} of ${where} is filled from ${source || 'nothing'}, not from ${tenantAttribute}`
}

/**
 * SQL that puts a table ordered by tenant in the place of one that is not, its rows included; for a
 * person to run while nothing writes. `create` makes a table of these options; `columns` are what
 * the old one has.
 */
export function goOverStatements(
  options: SchemaOptions,
  create: (options: SchemaOptions) => string[],
  columns: readonly string[],
): string[] {
  const { table } = options
  const old = qualifiedTable(options)
  const fresh = { ...options, table: `${table}_by_tenant` }
  const aside = qualifiedTable(options, `${table}_before`)
  const list = columns.map(quoteName).join(', ')
  return [
    ...create(fresh),
    // As many days at once as there are, and no row left out because it looks like another.
    `INSERT INTO ${qualifiedTable(fresh)} (${list}) SELECT ${list} FROM ${old} SETTINGS max_partitions_per_insert_block=0, insert_deduplicate=0`,
    `RENAME TABLE ${old} TO ${aside}, ${qualifiedTable(fresh)} TO ${old}${onCluster(options)}`,
  ]
}

function valueOf(attribute: string): string {
  return `ResourceAttributes[${quoteText(attribute)}]`
}
