import { quoteText, type Transport } from '../transport.ts'
import { dedupSettings, ttlExpression } from './logs-table.ts'
import { onCluster, qualifiedTable, type SchemaOptions } from './schema-options.ts'

/**
 * What the config says of an existing table but the table does not have: statements that would give
 * it the `ttl` and the deduplication window. A TTL that the config leaves at 0 is not touched.
 */
export async function tableChanges(
  transport: Transport,
  options: SchemaOptions,
  signal: AbortSignal,
): Promise<string[]> {
  const [row] = await transport.select(
    `SELECT engine, engine_full FROM system.tables WHERE database = ${quoteText(options.database)} AND name = ${quoteText(options.table)}`,
    signal,
  )
  const engine = String(row?.['engine'] ?? '')
  // A Distributed table or a view keeps no data of its own.
  if (!engine.endsWith('MergeTree')) return []
  const full = String(row?.['engine_full'] ?? '')
  const alter = `ALTER TABLE ${qualifiedTable(options)}${onCluster(options)}`
  const changes: string[] = []
  const { ttlSeconds } = options
  if (ttlSeconds > 0 && !full.includes(`toIntervalSecond(${ttlSeconds})`)) {
    changes.push(
      `${alter} MODIFY TTL ${ttlExpression(ttlSeconds)} SETTINGS materialize_ttl_after_modify=0`,
    )
  }
  const missing = Object.entries(dedupSettings({ ...options, engine })).filter(
    ([name, value]) => !new RegExp(`\\b${name} = ${value}\\b`).test(full),
  )
  if (missing.length > 0) {
    const settings = missing.map(([name, value]) => `${name} = ${value}`).join(', ')
    changes.push(`${alter} MODIFY SETTING ${settings}`)
  }
  return changes
}
