import { isReplicated, onCluster, qualifiedTable, type SchemaOptions } from './schema-options.ts'
import { isAtLeast } from './server-version.ts'
import { tenantColumn, tenantOrder } from './tenant-column.ts'

/** A week: consumers that were down for longer than a day still find their tokens. */
const REPLICATED_WINDOW_SECONDS = 604_800

/** The Collector's columns of `otel_logs`, which Grafana and HyperDX read. */
const COLUMNS = `
    Timestamp DateTime64(9) CODEC(Delta(8), ZSTD(1)),
    TraceId String CODEC(ZSTD(1)),
    SpanId String CODEC(ZSTD(1)),
    TraceFlags UInt8,
    SeverityText LowCardinality(String) CODEC(ZSTD(1)),
    SeverityNumber UInt8,
    ServiceName LowCardinality(String) CODEC(ZSTD(1)),
    Body String CODEC(ZSTD(1)),
    ResourceSchemaUrl LowCardinality(String) CODEC(ZSTD(1)),
    ResourceAttributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    ScopeSchemaUrl LowCardinality(String) CODEC(ZSTD(1)),
    ScopeName String CODEC(ZSTD(1)),
    ScopeVersion LowCardinality(String) CODEC(ZSTD(1)),
    ScopeAttributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    LogAttributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    EventName String CODEC(ZSTD(1)),
    INDEX idx_trace_id TraceId TYPE bloom_filter(0.001) GRANULARITY 1`

/** Resource attributes that dashboards filter by, as columns of their own. */
const MATERIALIZED_KEYS = [
  'k8s.cluster.name',
  'k8s.container.name',
  'k8s.deployment.name',
  'k8s.namespace.name',
  'k8s.node.name',
  'k8s.pod.name',
  'k8s.pod.uid',
  'deployment.environment.name',
]

const MAPS = [
  { column: 'ResourceAttributes', items: 'ResourceAttributeItems', index: 'res_attr' },
  { column: 'ScopeAttributes', items: 'ScopeAttributeItems', index: 'scope_attr' },
  { column: 'LogAttributes', items: 'LogAttributeItems', index: 'log_attr' },
]

/** CREATE TABLE for logs, with what both index profiles share. */
export function createLogsTable(options: SchemaOptions): string {
  const { engine, engineParams, ttlSeconds } = options
  const ttl = ttlSeconds === 0 ? '' : `\nTTL ${ttlExpression(ttlSeconds)}`
  const settings = Object.entries(tableSettings(options)).map(([name, value]) => `${name}=${value}`)
  return `CREATE TABLE IF NOT EXISTS ${qualifiedTable(options)}${onCluster(options)} (${COLUMNS}${tenantColumn(options)}
)
ENGINE = ${engine}(${engineParams})
PARTITION BY toDate(Timestamp)
ORDER BY (${tenantOrder(options)}toStartOfFiveMinutes(Timestamp), ServiceName, Timestamp)${ttl}
SETTINGS ${settings.join(', ')}`
}

/** TTLs end in a DateTime, which wraps round in 2106: a later record must not look like an old one. */
export function ttlExpression(seconds: number): string {
  return `toDateTime(least(Timestamp, toDateTime64('2080-01-01 00:00:00', 9))) + toIntervalSecond(${seconds})`
}

/**
 * The settings of the log table. The embedded engine syncs an insert before it answers, and a merge
 * before it removes what was merged: that answer is our acknowledgement.
 */
function tableSettings(options: SchemaOptions): Readonly<Record<string, number>> {
  return {
    index_granularity: 8192,
    ttl_only_drop_parts: 1,
    ...dedupSettings(options),
    ...(options.isEmbedded
      ? {
          fsync_after_insert: 1,
          fsync_part_directory: 1,
          min_rows_to_fsync_after_merge: 1,
          min_compressed_bytes_to_fsync_after_merge: 1,
        }
      : {}),
  }
}

/** Without these a table of a single server remembers no insert at all. */
export function dedupSettings(options: SchemaOptions): Readonly<Record<string, number>> {
  if (!isReplicated(options)) return { non_replicated_deduplication_window: options.dedupWindow }
  return {
    replicated_deduplication_window: options.dedupWindow,
    replicated_deduplication_window_seconds: REPLICATED_WINDOW_SECONDS,
  }
}

/** What the full-text profile adds; safe to repeat. */
export function fullTextStatements(options: SchemaOptions): string[] {
  const alter = `ALTER TABLE ${qualifiedTable(options)}${onCluster(options)}`
  const columns = [
    ...MATERIALIZED_KEYS.map(
      key =>
        `\`__otel_materialized_${key}\` LowCardinality(String) MATERIALIZED ResourceAttributes['${key}'] CODEC(ZSTD(1))`,
    ),
    ...MAPS.map(
      ({ column, items }) =>
        `${items} Array(String) ALIAS arrayMap((a) -> concat(a.1, '=', a.2), ${column}::Array(Tuple(String, String)))`,
    ),
  ]
  const indexes = fullTextIndexes(options)
  return [
    `${alter}\n${columns.map(column => `    ADD COLUMN IF NOT EXISTS ${column}`).join(',\n')}`,
    `${alter}\n${indexes.map(index => `    ADD INDEX IF NOT EXISTS ${index}`).join(',\n')}`,
  ]
}

/** Text indexes where the server has them (26.2), else bloom filters of words, keys and values. */
function fullTextIndexes({ version }: SchemaOptions): string[] {
  if (isAtLeast(version, 26, 2)) {
    return [
      ...MAPS.flatMap(({ column, items, index }) => [
        `idx_${index}_key mapKeys(${column}) TYPE text(tokenizer = 'array')`,
        `idx_${index}_items ${items} TYPE text(tokenizer = 'array')`,
      ]),
      "idx_lower_body lower(Body) TYPE text(tokenizer = 'splitByNonAlpha')",
    ]
  }
  return [
    ...MAPS.flatMap(({ column, index }) => [
      `idx_${index}_key mapKeys(${column}) TYPE bloom_filter(0.01) GRANULARITY 1`,
      `idx_${index}_value mapValues(${column}) TYPE bloom_filter(0.01) GRANULARITY 1`,
    ]),
    'idx_lower_body lower(Body) TYPE tokenbf_v1(32768, 3, 0) GRANULARITY 8',
  ]
}
