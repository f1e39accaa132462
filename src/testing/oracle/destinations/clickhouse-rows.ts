import type { AnyValue } from '../../../batch/any-value.ts'
import type { Attributes } from '../../../otlp/build-logs.ts'
import type { Arrival } from '../judge.ts'
import { type Mint, NUMBER_KEY } from '../records.ts'

/* What the log table must hold for a record, and what it holds, in one form: the row as JSON. */

const COLUMNS = [
  'toString(toUnixTimestamp64Nano(Timestamp))',
  'TraceId',
  'SpanId',
  'TraceFlags',
  'SeverityText',
  'SeverityNumber',
  'ServiceName',
  'Body',
  'ResourceSchemaUrl',
  'mapKeys(ResourceAttributes)',
  'mapValues(ResourceAttributes)',
  'ScopeSchemaUrl',
  'ScopeName',
  'ScopeVersion',
  'mapKeys(ScopeAttributes)',
  'mapValues(ScopeAttributes)',
  'mapKeys(LogAttributes)',
  'mapValues(LogAttributes)',
  'EventName',
]

/** Gives each record's row as one JSON array a line, in the format JSONCompactEachRow. */
export const SELECT_ROWS: string = `SELECT LogAttributes['${NUMBER_KEY}'], ${COLUMNS.join(', ')} FROM otel_logs`

/** Reads the answer to SELECT_ROWS. */
export function arrivalsOfRows(text: string): Arrival[] {
  const lines = text.split('\n').filter(line => line !== '')
  return lines.map(line => {
    const [number, ...row] = JSON.parse(line) as [string, ...unknown[]]
    const content = JSON.stringify(row)
    return { number: /^\d+$/.test(number) ? Number(number) : undefined, content }
  })
}

/** The row that the record with this number must become. */
export function expectedRow(mint: Mint, number: number): string {
  const record = mint.record(number)
  const envelope = mint.envelope(number)
  return JSON.stringify([
    String(record.timeUnixNano ?? record.observedTimeUnixNano),
    record.traceId ?? '',
    record.spanId ?? '',
    record.flags,
    record.severityText ?? '',
    record.severityNumber,
    text(entriesOf(envelope.resource).find(([key]) => key === 'service.name')?.[1]),
    text(record.body),
    envelope.resourceSchemaUrl,
    ...keysAndValues(envelope.resource),
    envelope.scopeSchemaUrl,
    envelope.scopeName,
    envelope.scopeVersion,
    ...keysAndValues(envelope.scopeAttributes),
    ...keysAndValues(record.attributes),
    record.eventName ?? '',
  ])
}

function keysAndValues(attributes: Attributes | undefined): [string[], string[]] {
  const entries = entriesOf(attributes)
  return [entries.map(([key]) => key), entries.map(([, value]) => text(value))]
}

function entriesOf(attributes: Attributes | undefined): [string, AnyValue][] {
  return attributes instanceof Map ? [...attributes] : Object.entries(attributes ?? {})
}

/** The text of the values that the oracle sends; written down again here, not taken from Parsec. */
function text(value: AnyValue): string {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
