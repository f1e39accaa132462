import assert from 'node:assert/strict'
import { fromBinary, toBinary, toJson } from '@bufbuild/protobuf'
import test from 'ava'
import fc from 'fast-check'
import { LogsDataSchema } from '../../src/gen/opentelemetry/proto/logs/v1/logs_pb.ts'
import { decodeLogsJson } from '../../src/otlp/decode-logs-json.ts'
import { RECORDS_MAX, TooManyRecordsError } from '../../src/otlp/survey-request.ts'
import { JsonError } from '../../src/wire/json-error.ts'
import { logsRequest } from '../helpers/arbitrary-logs.ts'
import { assertReadsAs, oracleLogs } from '../helpers/oracle.ts'

const context = { requestId: 'test' }

function decode(value: unknown): ReturnType<typeof decodeLogsJson> {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return decodeLogsJson(Buffer.from(text), context)
}

function requestOf(...logRecords: unknown[]): unknown {
  return { resourceLogs: [{ scopeLogs: [{ logRecords }] }] }
}

/** Protobuf's own JSON has ids in base64. */
function idsToHex(key: string, value: unknown): unknown {
  const isId = (key === 'traceId' || key === 'spanId') && typeof value === 'string'
  return isId ? Buffer.from(value, 'base64').toString('hex') : value
}

for (const useProtoFieldName of [false, true]) {
  const names = useProtoFieldName ? 'snake_case' : 'lowerCamelCase'
  test(`JSON of the oracle in ${names} reads as the oracle's own bytes`, t => {
    const property = fc.property(logsRequest, fc.boolean(), (bytes, enumAsInteger) => {
      const known = toBinary(LogsDataSchema, oracleLogs(bytes), { writeUnknownFields: false })
      const logs = fromBinary(LogsDataSchema, known, { recursionLimit: 400 })
      const json = toJson(LogsDataSchema, logs, { enumAsInteger, useProtoFieldName })
      const hex = (key: string, value: unknown): unknown =>
        idsToHex(key.replace('_id', 'Id'), value)
      const { batch, rejectedReason } = decode(JSON.stringify(json, hex))
      assert.equal(rejectedReason, '')
      assertReadsAs(batch, logs)
    })
    t.notThrows(() => fc.assert(property, { numRuns: 300 }))
  })
}

test('a request as an SDK sends it', t => {
  const { batch, rejectedCount } = decode({
    resourceLogs: [
      {
        resource: {
          attributes: [{ key: 'service.name', value: { stringValue: 'checkout' } }],
          droppedAttributesCount: 0,
        },
        scopeLogs: [
          {
            scope: { name: 'app', version: '1.0.0', attributes: [] },
            logRecords: [
              {
                timeUnixNano: '1760000000123456789',
                observedTimeUnixNano: 1_760_000_000_123_456_000,
                severityNumber: 13,
                severityText: 'WARN',
                body: { stringValue: 'disk 91% full' },
                attributes: [
                  { key: 'percent', value: { intValue: 91 } },
                  { key: 'ratio', value: { doubleValue: 0.91 } },
                  { key: 'tags', value: { arrayValue: { values: [{ stringValue: 'a' }] } } },
                ],
                flags: 1,
                traceId: '5B8EFFF798038103D269B633813FC60C',
                spanId: 'eee19b7ec3c1b174',
              },
            ],
          },
        ],
      },
    ],
  })
  t.is(rejectedCount, 0)
  const row = batch.cursor().seek(0)
  t.is(row.timeUnixNano(), 1_760_000_000_123_456_789n)
  t.is(row.observedTimeUnixNano(), 1_760_000_000_123_456_000n)
  t.is(row.severityNumber(), 13)
  t.is(row.bodyText(), 'disk 91% full')
  t.is(row.attribute('percent'), 91n)
  t.is(row.attribute('ratio'), 0.91)
  t.deepEqual(row.attribute('tags'), ['a'])
  t.is(row.traceId(), '5b8efff798038103d269b633813fc60c')
  t.is(row.spanId(), 'eee19b7ec3c1b174')
  t.is(row.resourceAttribute('service.name'), 'checkout')
  t.is(batch.context, context)
})

test('names of severities, unknown keys and nulls are taken', t => {
  const { batch, rejectedCount } = decode(
    requestOf({
      severityNumber: 'SEVERITY_NUMBER_ERROR3',
      severityText: null,
      body: null,
      attributes: null,
      newField: { deep: [1, { x: null }] },
      traceId: '',
    }),
  )
  t.is(rejectedCount, 0)
  const row = batch.cursor().seek(0)
  t.is(row.severityNumber(), 19)
  t.is(row.body(), undefined)
  t.is(row.traceId(), '')
})

test('a member of a value that comes twice: the last one counts, as in protobuf', t => {
  const { batch } = decode(requestOf({ body: { stringValue: 'x', intValue: '5' } }))
  t.is(batch.cursor().seek(0).body(), 5n)
})

const rejects = test.macro({
  exec(t, record: unknown, reason: string | RegExp) {
    const decoded = decode(requestOf({ severityText: 'first' }, record, { severityText: 'last' }))
    t.is(decoded.rejectedCount, 1)
    if (typeof reason === 'string')
      t.is(decoded.rejectedReason, `resourceLogs[0].scopeLogs[0].logRecords[1]${reason}`)
    else t.regex(decoded.rejectedReason, reason)
    const row = decoded.batch.cursor()
    const texts = [0, 1].map(i => row.seek(decoded.batch.row(i)).severityText())
    t.deepEqual(texts, ['first', 'last'])
    t.is(decoded.batch.count, 2)
  },
  title: name => `a record with ${name} is rejected alone, with its path`,
})

test(
  'a short trace id',
  rejects,
  { traceId: 'abcd' },
  '.traceId: is 4 hex digits, must be 32 or none at byte 82',
)
test(
  'a span id that is not hex',
  rejects,
  { spanId: 'xyz0123456789abc' },
  '.spanId: "xyz0123456789abc" is not hex at byte 81',
)
test(
  'a fractional time',
  rejects,
  { timeUnixNano: 1.5 },
  '.timeUnixNano: "1.5" is not an integer at byte 87',
)
test(
  'a time before the epoch',
  rejects,
  { timeUnixNano: -1 },
  '.timeUnixNano: "-1" is out of range 0 to 18446744073709551615 at byte 87',
)
test(
  'an integer out of range',
  rejects,
  { body: { intValue: '9223372036854775808' } },
  '.body.intValue: "9223372036854775808" is out of range -9223372036854775808 to 9223372036854775807 at byte 91',
)
test(
  'an unknown severity',
  rejects,
  { severityNumber: 'LOUD' },
  '.severityNumber: "LOUD" is not an integer or a known name at byte 89',
)
test(
  'a body that is a string',
  rejects,
  { body: 'text' },
  '.body: is a string, must be an object at byte 79',
)
test(
  'attributes that are an object',
  rejects,
  { attributes: { a: 1 } },
  '.attributes: is an object, must be an array at byte 85',
)
test(
  'a bad value deep inside',
  rejects,
  { attributes: [{ key: 'a', value: { arrayValue: { values: [{}, { boolValue: 1 }] } } }] },
  /logRecords\[1\]\.attributes\[0\]\.value\.arrayValue\.values\[1\]\.boolValue: is a number, must be a boolean at byte \d+$/,
)
test(
  'a string instead of an object',
  rejects,
  'text',
  ': is a string, must be an object at byte 71',
)
test('null instead of an object', rejects, null, ': is null, must be an object at byte 71')

test('records of all scopes are counted, the first gives the reason', t => {
  const scope = { logRecords: [{}, { flags: -1 }] }
  const { batch, rejectedCount, rejectedReason } = decode({
    resourceLogs: [{ scopeLogs: [{ logRecords: [] }, scope] }, { scopeLogs: [scope] }],
  })
  t.is(batch.count, 2)
  t.is(rejectedCount, 2)
  t.regex(
    rejectedReason,
    /^resourceLogs\[0\]\.scopeLogs\[1\]\.logRecords\[1\]\.flags: "-1" is out of range/,
  )
})

const refuses = test.macro({
  exec(t, text: string, message: string | RegExp) {
    t.throws(() => decode(text), { instanceOf: JsonError, message })
  },
  title: name => `${name} is refused as a whole`,
})

test(
  'nothing',
  refuses,
  '',
  'not JSON: text ends where a value must come (line 1 column 1) at byte 0',
)
test('an array', refuses, '[]', 'is an array, must be an object at byte 0')
test(
  'a cut request',
  refuses,
  '{"resourceLogs":[',
  'not JSON: text ends where a value must come (line 1 column 18) at byte 17',
)
test(
  'a missing comma',
  refuses,
  '{\n "resourceLogs": []\n "x": 1\n}',
  `not JSON: '"' stands where ',' or '}' must come (line 3 column 2) at byte 23`,
)
test(
  'a comma too many',
  refuses,
  '{"resourceLogs":[{"scopeLogs":[{"logRecords":[{},]}]}]}',
  "not JSON: ']' stands where a value must come (line 1 column 50) at byte 49",
)
test(
  'a bad resource',
  refuses,
  '{"resourceLogs":[{"resource":{"attributes":[{"key":5}]}}]}',
  'resourceLogs[0].resource.attributes[0].key: is a number, must be a string at byte 51',
)
test(
  'a bad scope',
  refuses,
  '{"resourceLogs":[{"scopeLogs":[{"scope":[]}]}]}',
  'resourceLogs[0].scopeLogs[0].scope: is an array, must be an object at byte 40',
)
test(
  'logs in a file, one document a line',
  refuses,
  '{"resourceLogs":[]}\n{"resourceLogs":[]}',
  "not JSON: '{' stands where the end of the text must come (line 2 column 1) at byte 20",
)

/** `{"arrayValue":{"values":[ ... ]}}` in itself. */
function nestedArrays(depth: number): string {
  return `${'{"arrayValue":{"values":['.repeat(depth)}{"intValue":"1"}${']}}'.repeat(depth)}`
}

/** The same with maps. */
function nestedMaps(depth: number): string {
  const open = '{"kvlistValue":{"values":[{"key":"k","value":'
  return `${open.repeat(depth)}{"intValue":"1"}${'}]}}'.repeat(depth)}`
}

for (const [name, nested] of [
  ['arrays', nestedArrays],
  ['maps', nestedMaps],
] as const) {
  test(`64 ${name} in each other are read, one more is not, as in protobuf`, t => {
    const records = [64, 65].map(depth => `{"body":${nested(depth)}}`).join(',')
    const { batch, rejectedCount, rejectedReason } = decode(
      `{"resourceLogs":[{"scopeLogs":[{"logRecords":[${records}]}]}]}`,
    )
    t.is(batch.count, 1)
    t.is(rejectedCount, 1)
    t.regex(rejectedReason, /logRecords\[1\]\.body\..*: values nest deeper than 64 at byte \d+$/)
  })
}

test('10,000 levels do not exhaust the stack', t => {
  const { rejectedCount, rejectedReason } = decode(
    `{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":${nestedArrays(3000)}}]}]}]}`,
  )
  t.is(rejectedCount, 1)
  t.regex(rejectedReason, /values nest deeper than 64/)
  t.throws(
    () =>
      decode(
        `{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":${nestedArrays(10_000)}}]}]}]}`,
      ),
    {
      instanceOf: JsonError,
      message: /^not JSON: values nest deeper than 10000 /,
    },
  )
  t.throws(() => decode(`{"unknown":${'['.repeat(10_001)}`), { instanceOf: JsonError })
  t.is(decode(`{"unknown":${'['.repeat(9999)}${']'.repeat(9999)}}`).batch.count, 0)
})

test(`more than ${RECORDS_MAX} records are refused`, t => {
  const records = `{}${',{}'.repeat(RECORDS_MAX)}`
  t.throws(() => decode(`{"resourceLogs":[{"scopeLogs":[{"logRecords":[${records}]}]}]}`), {
    instanceOf: TooManyRecordsError,
  })
})

test('a million bad records are counted', t => {
  const records = `5${',5'.repeat(RECORDS_MAX - 1)}`
  const { batch, rejectedCount } = decode(
    `{"resourceLogs":[{"scopeLogs":[{"logRecords":[${records}]}]}]}`,
  )
  t.is(batch.count, 0)
  t.is(rejectedCount, RECORDS_MAX)
})

test('invalid UTF-8 is kept as it is in protobuf', t => {
  const text = Buffer.concat([
    Buffer.from('{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"severityText":"a'),
    Buffer.from([0xff]),
    Buffer.from('"}]}]}]}'),
  ])
  const { batch } = decodeLogsJson(text, context)
  t.is(batch.cursor().seek(0).severityText(), 'a\ufffd')
  t.true(batch.bytes.includes(0xff))
})

test('the batch does not look at the text again', t => {
  const text = Buffer.from(JSON.stringify(requestOf({ body: { stringValue: 'kept' } })))
  const { batch } = decodeLogsJson(text, context)
  text.fill(0)
  t.is(batch.cursor().seek(0).bodyText(), 'kept')
})
