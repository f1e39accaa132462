import type { AnyValue } from '../../src/batch/any-value.ts'
import type { ScopeLogsParts } from '../../src/otlp/build-logs.ts'

const KINDS: Readonly<Record<string, AnyValue>> = {
  text: 'caf\u00e9 \u{1f980} \u4e2d',
  empty: '',
  yes: true,
  no: false,
  int: -42n,
  big: 9_223_372_036_854_775_807n,
  double: 0.1,
  nan: Number.NaN,
  bytes: Buffer.from([0, 255, 128]),
  list: ['a', 1n, [true]],
  map: new Map<string, AnyValue>([['k', new Map([['inner', 'v']])]]),
  nothing: undefined,
  ['k'.repeat(300)]: 'v'.repeat(20_000),
}

/** Two records: one with every field and every kind of value, one with nothing at all. */
export const EVERY_FIELD: readonly ScopeLogsParts[] = [
  {
    resource: { 'service.name': 'shop', ...KINDS },
    resourceSchemaUrl: 'https://example.com/resource',
    scopeName: 'lib',
    scopeVersion: '1.2.3',
    scopeAttributes: KINDS,
    scopeSchemaUrl: 'https://example.com/scope',
    records: [
      {
        timeUnixNano: 1_760_000_000_123_456_789n,
        observedTimeUnixNano: 1_760_000_001_000_000_000n,
        severityNumber: 17,
        severityText: 'ERROR',
        body: new Map<string, AnyValue>([['message', 'no "luck"']]),
        attributes: KINDS,
        flags: 1,
        traceId: '0102030405060708090a0b0c0d0e0f10',
        spanId: '0102030405060708',
        eventName: 'checkout.failed',
      },
    ],
  },
  { records: [{}] },
]

/** KINDS as ClickHouse has them: every value as text. */
const KINDS_TEXT = {
  text: 'caf\u00e9 \u{1f980} \u4e2d',
  empty: '',
  yes: 'true',
  no: 'false',
  int: '-42',
  big: '9223372036854775807',
  double: '0.1',
  nan: 'NaN',
  bytes: 'AP+A',
  list: '["a",1,[true]]',
  map: '{"k":{"inner":"v"}}',
  nothing: '',
  ['k'.repeat(300)]: 'v'.repeat(20_000),
}

/** What `SELECT *` gives for the first record, in JSON. */
export const EVERY_FIELD_ROW = {
  Timestamp: '2025-10-09 08:53:20.123456789',
  TraceId: '0102030405060708090a0b0c0d0e0f10',
  SpanId: '0102030405060708',
  TraceFlags: 1,
  SeverityText: 'ERROR',
  SeverityNumber: 17,
  ServiceName: 'shop',
  Body: '{"message":"no \\"luck\\""}',
  ResourceSchemaUrl: 'https://example.com/resource',
  ResourceAttributes: { 'service.name': 'shop', ...KINDS_TEXT },
  ScopeSchemaUrl: 'https://example.com/scope',
  ScopeName: 'lib',
  ScopeVersion: '1.2.3',
  ScopeAttributes: KINDS_TEXT,
  LogAttributes: KINDS_TEXT,
  EventName: 'checkout.failed',
}
