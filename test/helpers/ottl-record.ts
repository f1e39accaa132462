import type { AnyValue } from '../../src/batch/any-value.ts'
import { buildLogs, type LogRecordParts } from '../../src/otlp/build-logs.ts'
import { compileCondition } from '../../src/ottl/condition.ts'

const RECORD: LogRecordParts = {
  timeUnixNano: 1_760_000_000_123_456_789n,
  observedTimeUnixNano: 1_760_000_001_000_000_000n,
  severityNumber: 17,
  severityText: 'ERROR',
  body: new Map<string, AnyValue>([
    ['user', new Map<string, AnyValue>([['name', 'ann']])],
    ['tags', ['a', 2n]],
  ]),
  attributes: {
    'http.status': 404n,
    ratio: 0.5,
    ok: true,
    raw: Buffer.from([1, 254]),
    map: new Map<string, AnyValue>([['a', 1n]]),
    same: new Map<string, AnyValue>([['a', 1n]]),
    text: 'say "hi"',
  },
  flags: 1,
  traceId: '0102030405060708090a0b0c0d0e0f10',
  eventName: 'checkout.failed',
}

/** Does the condition hold for a record with a value of each type? */
export function holdsFor(condition: string, changes: LogRecordParts = {}): boolean {
  const batch = buildLogs(
    [
      {
        resource: { 'service.name': 'shop' },
        scopeName: 'lib',
        scopeVersion: '1.2.3',
        scopeAttributes: { kind: 'test' },
        records: [{ ...RECORD, ...changes }],
      },
    ],
    { requestId: 'test' },
  )
  return compileCondition(condition).matches(batch.cursor().seek(0))
}
