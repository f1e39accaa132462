import type { ClickHouseConfig } from '../config.ts'
import { type Endpoint } from '../endpoint.ts'
import { quoteName } from '../transport.ts'
import type { ServerVersion } from './server-version.ts'

/** What the statements of the schema are made from. */
export interface SchemaOptions {
  readonly database: string
  readonly table: string
  readonly clusterName: string
  readonly engine: string
  readonly engineParams: string
  readonly ttlSeconds: number
  readonly indexProfile: 'lean' | 'full_text'
  readonly dedupWindow: number
  /** Is the data ours to keep through a power cut? A server's administrator decides that himself. */
  readonly isEmbedded: boolean
  /** Resource attribute whose value a new table is ordered by first; empty = none. */
  readonly tenantAttribute: string
  readonly version: ServerVersion
}

export function schemaOptions(
  config: ClickHouseConfig,
  endpoint: Endpoint,
  database: string,
  version: ServerVersion,
): SchemaOptions {
  return {
    database,
    table: config.logs_table_name,
    clusterName: config.cluster_name,
    engine: config.table_engine.name,
    engineParams: config.table_engine.params,
    ttlSeconds: Math.ceil(config.ttl / 1000),
    indexProfile: config.index_profile,
    dedupWindow: config.dedup_window,
    isEmbedded: endpoint.kind === 'chdb',
    tenantAttribute: config.tenant_attribute,
    version,
  }
}

/** `database`.`table` */
export function qualifiedTable(
  { database, table }: Pick<SchemaOptions, 'database' | 'table'>,
  name = table,
): string {
  return `${quoteName(database)}.${quoteName(name)}`
}

/** ` ON CLUSTER ...`, or nothing. */
export function onCluster({ clusterName }: SchemaOptions): string {
  return clusterName === '' ? '' : ` ON CLUSTER ${quoteName(clusterName)}`
}

/** Is the data of this engine copied between servers, with their own kind of deduplication? */
export function isReplicated({ engine }: SchemaOptions): boolean {
  return engine.startsWith('Replicated') || engine.startsWith('Shared')
}
