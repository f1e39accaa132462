import test from 'ava'
import { encodeBlock } from '../../../../../plugins/exporters/clickhouse/native/encode-block.ts'
import { buildLogs, type LogRecordParts } from '../../../../../src/otlp/build-logs.ts'
import { readNativeBlock } from '../../../../helpers/native-reader.ts'

type Column = 'Timestamp' | 'TraceId' | 'SpanId' | 'TraceFlags' | 'SeverityNumber'

const column = test.macro<[record: LogRecordParts, name: Column, expected: unknown]>(
  (t, record, name, expected) => {
    const batch = buildLogs([{ records: [{}, record] }], { requestId: 'test' })
    const block = readNativeBlock(encodeBlock(batch, { columns: [name], fallbackNanos: 7n }))
    t.deepEqual(block.get(name)?.values[1], expected)
  },
)

test(
  'time wins over observed time',
  column,
  { timeUnixNano: 5n, observedTimeUnixNano: 6n },
  'Timestamp',
  5n,
)
test('observed time stands in for time', column, { observedTimeUnixNano: 6n }, 'Timestamp', 6n)
test('the time of receipt stands in for both', column, { timeUnixNano: 0n }, 'Timestamp', 7n)
test('a time before 1970 stays one', column, { timeUnixNano: -1n }, 'Timestamp', -1n)
test(
  'the last nanosecond of 2262',
  column,
  { timeUnixNano: 2n ** 63n - 1n },
  'Timestamp',
  2n ** 63n - 1n,
)
test(
  'trace ids are lower-case hex',
  column,
  { traceId: '00ff10aB9c8d7e6f5041322314050607' },
  'TraceId',
  '00ff10ab9c8d7e6f5041322314050607',
)
test('a trace id of zeros is none', column, { traceId: '0'.repeat(32) }, 'TraceId', '')
test(
  'span ids are lower-case hex',
  column,
  { spanId: '00000000000000a9' },
  'SpanId',
  '00000000000000a9',
)
test('a missing span id is empty', column, {}, 'SpanId', '')
test('flags are cut to the eight that W3C defines', column, { flags: 0x1ff }, 'TraceFlags', 0xff)
test('a severity below 0 is 0', column, { severityNumber: -1 }, 'SeverityNumber', 0)
test('a severity over 255 is 255', column, { severityNumber: 1000 }, 'SeverityNumber', 255)
