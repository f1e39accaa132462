import assert from 'node:assert/strict'
import { fromBinary, fromJson, type JsonValue, toBinary } from '@bufbuild/protobuf'
import test from 'ava'
import fc from 'fast-check'
import { type LogsData, LogsDataSchema } from '../../src/gen/opentelemetry/proto/logs/v1/logs_pb.ts'
import { buildLogs, writeLogRecord } from '../../src/otlp/build-logs.ts'
import { decodeLogs } from '../../src/otlp/decode-logs.ts'
import { decodeLogsJson } from '../../src/otlp/decode-logs-json.ts'
import { encodeLogsJson } from '../../src/otlp/encode-logs-json.ts'
import { rewriteLogs } from '../../src/otlp/rewrite-logs.ts'
import { logsRequest } from '../helpers/arbitrary-logs.ts'
import { assertReadsAs, assertSame, oracleLogs } from '../helpers/oracle.ts'
import { double, int, len, request } from '../helpers/wire.ts'

const context = { requestId: 'test' }

/** JSON has no place for unknown fields. */
function withoutUnknown(logs: LogsData): LogsData {
  const bytes = toBinary(LogsDataSchema, logs, { writeUnknownFields: false })
  return fromBinary(LogsDataSchema, bytes, { recursionLimit: 400 })
}

/** OTLP's one deviation that protobuf's own JSON reader does not know: ids in hex. */
function idsToBase64(key: string, value: unknown): unknown {
  const isId = (key === 'traceId' || key === 'spanId') && typeof value === 'string'
  return isId ? Buffer.from(value, 'hex').toString('base64') : value
}

test('the JSON is what the oracle reads in the bytes', t => {
  const property = fc.property(logsRequest, bytes => {
    const text = encodeLogsJson(decodeLogs(bytes, context).batch)
    const oracle = fromJson(LogsDataSchema, JSON.parse(text, idsToBase64) as JsonValue)
    assertSame(LogsDataSchema, oracle, withoutUnknown(oracleLogs(bytes)))
  })
  t.notThrows(() => fc.assert(property, { numRuns: 500 }))
})

test('JSON and back gives the same records', t => {
  const property = fc.property(logsRequest, bytes => {
    const text = encodeLogsJson(decodeLogs(bytes, context).batch)
    const again = decodeLogsJson(Buffer.from(text), context)
    assert.equal(again.rejectedReason, '')
    assertReadsAs(again.batch, withoutUnknown(oracleLogs(bytes)))
  })
  t.notThrows(() => fc.assert(property, { numRuns: 500 }))
})

test('every field is written as OTLP has it', t => {
  const batch = buildLogs(
    [
      {
        resource: { 'service.name': 'shop' },
        resourceSchemaUrl: 'https://r',
        scopeName: 'lib',
        scopeVersion: '1',
        scopeAttributes: { a: true },
        scopeSchemaUrl: 'https://s',
        records: [
          {
            timeUnixNano: 1_544_712_660_300_000_000n,
            observedTimeUnixNano: 2n ** 64n - 1n,
            severityNumber: 10,
            severityText: 'Information',
            body: 'a "quoted" \n line',
            attributes: {
              int: -(2n ** 63n),
              double: 637.704,
              whole: 1e21,
              zero: -0,
              nan: Number.NaN,
              inf: Number.NEGATIVE_INFINITY,
              bytes: Buffer.from([0xfb, 0xff]),
              list: ['x', undefined, [1n]],
              map: new Map([['k', false]]),
            },
            droppedAttributesCount: 1,
            flags: 1,
            traceId: '5B8EFFF798038103D269B633813FC60C',
            spanId: 'EEE19B7EC3C1B174',
            eventName: 'e',
          },
        ],
      },
    ],
    context,
  )
  t.is(
    encodeLogsJson(batch),
    '{"resourceLogs":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]},' +
      '"scopeLogs":[{"scope":{"name":"lib","version":"1","attributes":[{"key":"a","value":{"boolValue":true}}]},' +
      '"logRecords":[{"timeUnixNano":"1544712660300000000","observedTimeUnixNano":"18446744073709551615",' +
      '"severityNumber":10,"severityText":"Information","body":{"stringValue":"a \\"quoted\\" \\n line"},"attributes":[' +
      '{"key":"int","value":{"intValue":"-9223372036854775808"}},{"key":"double","value":{"doubleValue":637.704}},' +
      '{"key":"whole","value":{"doubleValue":1e+21}},{"key":"zero","value":{"doubleValue":-0}},' +
      '{"key":"nan","value":{"doubleValue":"NaN"}},{"key":"inf","value":{"doubleValue":"-Infinity"}},' +
      '{"key":"bytes","value":{"bytesValue":"+/8="}},' +
      '{"key":"list","value":{"arrayValue":{"values":[{"stringValue":"x"},{},{"arrayValue":{"values":[{"intValue":"1"}]}}]}}},' +
      '{"key":"map","value":{"kvlistValue":{"values":[{"key":"k","value":{"boolValue":false}}]}}}],' +
      '"droppedAttributesCount":1,"flags":1,"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174",' +
      '"eventName":"e"}],"schemaUrl":"https://s"}],"schemaUrl":"https://r"}]}',
  )
})

test('selection, rewritten records and resources are respected', t => {
  const batch = buildLogs(
    [{ resource: { k: 'old' }, records: ['a', 'b', 'c'].map(severityText => ({ severityText })) }],
    context,
  )
  const changed = rewriteLogs(batch, (row, out) => {
    if (row.severityText() !== 'b') return false
    writeLogRecord(out, { severityText: 'B' })
    return true
  })
    .filter(row => row.severityText() !== 'a')
    .with({ resourceOverlay: new Map([[0, len(1, len(1, 'new'))]]) })
  t.is(
    encodeLogsJson(changed),
    '{"resourceLogs":[{"resource":{"attributes":[{"key":"new"}]},"scopeLogs":[{"scope":{},' +
      '"logRecords":[{"severityText":"B"},{"severityText":"c"}]}]}]}',
  )
})

const record = test.macro({
  exec(t, fields: Buffer[], expected: string) {
    const { batch } = decodeLogs(request(fields), context)
    t.is(encodeLogsJson(batch), `{"resourceLogs":[{"scopeLogs":[{"logRecords":[${expected}]}]}]}`)
  },
  title: name => `a record with ${name} is written`,
})

test('nothing in it', record, [], '{}')
test(
  'defaults on the wire',
  record,
  [int(2, 0), len(3, ''), len(5, [])],
  '{"severityNumber":0,"severityText":"","body":{}}',
)
test('ids of no bytes', record, [len(9, ''), len(10, '')], '{}')
test(
  'unknown fields',
  record,
  [int(99, 1), len(5, [len(99, 'x'), len(1, 'y')])],
  '{"body":{"stringValue":"y"}}',
)
test('a field that comes twice', record, [int(2, 1), int(2, 9)], '{"severityNumber":9}')
test(
  'attributes apart from each other',
  record,
  [len(6, len(1, 'a')), int(2, 1), len(6, len(1, 'b'))],
  '{"severityNumber":1,"attributes":[{"key":"a"},{"key":"b"}]}',
)
test('invalid UTF-8', record, [len(3, Buffer.from([0x61, 0xff]))], '{"severityText":"a\ufffd"}')
test('a negative severity', record, [int(2, -1)], '{"severityNumber":-1}')
test('a tiny double', record, [len(5, double(4, 5e-324))], '{"body":{"doubleValue":5e-324}}')

test('an empty batch is an empty object', t => {
  t.is(encodeLogsJson(decodeLogs(Buffer.alloc(0), context).batch), '{}')
})
