import { quoteName } from '../sql.ts'
import { ledgerName, qualified, type SchemaOptions } from './schema-options.ts'

/** Longer bodies are searchable by their begin: a tsvector may have 1 MiB. */
const SEARCHED_CHARACTERS_MAX = 65_536

/** What full-text searches MUST have on their left side to find the index. */
export const BODY_WORDS = `to_tsvector('simple', left(body, ${SEARCHED_CHARACTERS_MAX}))`

/**
 * The log table: the columns of the Collector's `otel_logs` in snake case, widest fixed sizes first so
 * that no space is lost to alignment. Its partitions are made elsewhere.
 */
export function createLogsTable(options: SchemaOptions): string {
  return `CREATE TABLE IF NOT EXISTS ${qualified(options)} (
    timestamp timestamptz NOT NULL,
    observed_timestamp timestamptz,
    timestamp_nanos smallint NOT NULL DEFAULT 0,
    observed_timestamp_nanos smallint,
    severity_number smallint NOT NULL DEFAULT 0,
    trace_flags smallint NOT NULL DEFAULT 0,
    trace_id bytea,
    span_id bytea,
    severity_text text NOT NULL DEFAULT '',
    service_name text NOT NULL DEFAULT '',
    body text NOT NULL DEFAULT '',
    event_name text NOT NULL DEFAULT '',
    log_attributes jsonb NOT NULL DEFAULT '{}',
    resource_attributes jsonb NOT NULL DEFAULT '{}',
    resource_schema_url text NOT NULL DEFAULT '',
    scope_name text NOT NULL DEFAULT '',
    scope_version text NOT NULL DEFAULT '',
    scope_schema_url text NOT NULL DEFAULT '',
    scope_attributes jsonb NOT NULL DEFAULT '{}'
) PARTITION BY RANGE (timestamp)`
}

/** The ledger of stored batches; see batch-ledger.ts. */
export function createLedger(options: SchemaOptions): string {
  return `CREATE TABLE IF NOT EXISTS ${qualified(options, ledgerName(options))} (
    token uuid PRIMARY KEY,
    inserted_at timestamptz NOT NULL DEFAULT now(),
    records integer NOT NULL,
    rejected integer[],
    fault text
)`
}

/** By time, by service and time, by trace. */
export function leanIndexes(options: SchemaOptions): string[] {
  return [
    index(options, 'timestamp', 'brin (timestamp) WITH (autosummarize = on)'),
    index(options, 'service', 'btree (service_name, timestamp)'),
    index(options, 'trace', 'btree (trace_id) WHERE trace_id IS NOT NULL'),
  ]
}

/** For `log_attributes @> '{"key": "value"}'` and the like. */
export function attributeIndexes(options: SchemaOptions): string[] {
  return [
    index(options, 'log_attributes', 'gin (log_attributes jsonb_path_ops)'),
    index(options, 'resource_attributes', 'gin (resource_attributes jsonb_path_ops)'),
  ]
}

export function bodyIndexes(options: SchemaOptions): string[] {
  return [index(options, 'body', `gin (${BODY_WORDS})`)]
}

/**
 * On the parent alone, so that no partition with data is locked while its index is built: partitions
 * made from then on have it.
 */
function index(options: SchemaOptions, name: string, definition: string): string {
  const indexName = quoteName(`${options.table}_${name}`)
  return `CREATE INDEX IF NOT EXISTS ${indexName} ON ONLY ${qualified(options)} USING ${definition}`
}
