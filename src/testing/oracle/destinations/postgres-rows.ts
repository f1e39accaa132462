import type { AnyValue } from '../../../batch/any-value.ts'
import type { Attributes } from '../../../otlp/build-logs.ts'
import type { Arrival } from '../judge.ts'
import { type Mint, NUMBER_KEY } from '../records.ts'

/* What the log table in PostgreSQL must hold for a record, and what it holds, in one form: JSON. */

const TEXTS = [
  '((extract(epoch FROM timestamp) * 1000000)::bigint::numeric * 1000 + timestamp_nanos)::text',
  "coalesce(encode(trace_id, 'hex'), '')",
  "coalesce(encode(span_id, 'hex'), '')",
  'trace_flags::text',
  'severity_text',
  'severity_number::text',
  'service_name',
  'body',
  'resource_schema_url',
  'scope_schema_url',
  'scope_name',
  'scope_version',
  'event_name',
]
const ATTRIBUTES = ['resource_attributes', 'scope_attributes', 'log_attributes']

/** Gives `number`, `texts` and `attributes` for each record. */
export const SELECT_ROWS: string = `SELECT log_attributes->>'${NUMBER_KEY}' AS number,
  ARRAY[${TEXTS.join(', ')}] AS texts, ARRAY[${ATTRIBUTES.map(name => `${name}::text`).join(', ')}] AS attributes
FROM otel_logs`

export interface PostgresRow {
  readonly number: string | null
  readonly texts: readonly string[]
  readonly attributes: readonly string[]
}

export function arrivalOfRow({ number, texts, attributes }: PostgresRow): Arrival {
  const objects = attributes.map(text => sorted(JSON.parse(text) as Record<string, unknown>))
  return {
    number: /^\d+$/.test(number ?? '') ? Number(number) : undefined,
    content: JSON.stringify([...texts, ...objects]),
  }
}

/** What the row of the record with this number must be. */
export function expectedRow(mint: Mint, number: number): string {
  const record = mint.record(number)
  const envelope = mint.envelope(number)
  const service = entriesOf(envelope.resource).find(([key]) => key === 'service.name')?.[1]
  return JSON.stringify([
    String(record.timeUnixNano ?? record.observedTimeUnixNano),
    record.traceId ?? '',
    record.spanId ?? '',
    String(record.flags),
    record.severityText ?? '',
    String(record.severityNumber),
    service,
    typeof record.body === 'string' ? visible(record.body) : record.body,
    envelope.resourceSchemaUrl,
    envelope.scopeSchemaUrl,
    envelope.scopeName,
    envelope.scopeVersion,
    record.eventName ?? '',
    ...[envelope.resource, envelope.scopeAttributes, record.attributes].map(attributes =>
      sorted(Object.fromEntries(entriesOf(attributes).map(([key, value]) => [key, plain(value)]))),
    ),
  ])
}

function entriesOf(attributes: Attributes | undefined): [string, AnyValue][] {
  return attributes instanceof Map ? [...attributes] : Object.entries(attributes ?? {})
}

/** jsonb has an order of its own. */
function sorted(object: Record<string, unknown>): [string, unknown][] {
  return Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1))
}

/** The values that the oracle sends, as JSON has them; its integers are small. */
function plain(value: AnyValue): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value === 'bigint') return Number(value)
  return typeof value === 'string' ? visible(value) : value
}

/** PostgreSQL's text has no NUL: the exporter shows it as a symbol. */
function visible(text: string): string {
  return text.replaceAll('\0', '\u2400')
}
