import type { SchemaOptions } from '../../plugins/exporters/clickhouse/schema/schema-options.ts'

/** Options of a schema with nothing special about it. */
export const PLAIN_SCHEMA: SchemaOptions = {
  database: 'default',
  table: 'otel_logs',
  clusterName: '',
  engine: 'MergeTree',
  engineParams: '',
  ttlSeconds: 0,
  indexProfile: 'lean',
  dedupWindow: 10_000,
  isEmbedded: false,
  tenantAttribute: '',
  version: { major: 26, minor: 7 },
}
