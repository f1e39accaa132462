import test from 'ava'
import { buildLogs, buildLogsRequest } from '../../src/otlp/build-logs.ts'
import { PipelineError } from '../../src/plugin/pipeline-error.ts'
import { oracleLogs, oracleRows } from '../helpers/oracle.ts'

const context = { requestId: 'test' }

test('everything that is given is on the wire', t => {
  const bytes = buildLogsRequest([
    {
      resource: new Map([['service.name', 'shop']]),
      resourceSchemaUrl: 'https://r',
      scopeName: 'lib',
      scopeVersion: '1.2',
      scopeAttributes: { a: true },
      scopeSchemaUrl: 'https://s',
      records: [
        {
          timeUnixNano: 1n,
          observedTimeUnixNano: 2n,
          severityNumber: 9,
          severityText: 'INFO',
          body: 'hello',
          attributes: { n: 5n },
          droppedAttributesCount: 3,
          flags: 1,
          traceId: '0123456789abcdef0123456789abcdef',
          spanId: '0123456789abcdef',
          eventName: 'e',
        },
      ],
    },
  ])
  const [row] = oracleRows(oracleLogs(bytes))
  const { resource, scope, record } = row!
  t.is(resource.resource?.attributes[0]?.key, 'service.name')
  t.is(resource.schemaUrl, 'https://r')
  t.is(scope.scope?.name, 'lib')
  t.is(scope.scope?.version, '1.2')
  t.is(scope.scope?.attributes[0]?.value?.value.value, true)
  t.is(scope.schemaUrl, 'https://s')
  t.like(record, {
    timeUnixNano: 1n,
    observedTimeUnixNano: 2n,
    severityText: 'INFO',
    droppedAttributesCount: 3,
    flags: 1,
    eventName: 'e',
  })
  t.is<number, number>(record.severityNumber, 9)
  t.is(record.body?.value.value, 'hello')
  t.is(record.attributes[0]?.value?.value.value, 5n)
  t.is(Buffer.from(record.traceId).toString('hex'), '0123456789abcdef0123456789abcdef')
  t.is(Buffer.from(record.spanId).toString('hex'), '0123456789abcdef')
})

test('what is left out is not on the wire', t => {
  t.is(buildLogsRequest([{ records: [{}] }]).toString('hex'), '0a0612040a001200')
})

const impossible = test.macro({
  exec(t, record: Parameters<typeof buildLogs>[0][0]['records'][0], message: string) {
    const error = t.throws(() => buildLogs([{ records: [{}, record] }], context), {
      instanceOf: PipelineError,
      message,
    })
    t.false(error?.retryable)
  },
  title: name => `${name} is refused, not dropped`,
})

test('a trace id that is not hex', impossible, { traceId: 'xy' }, 'id "xy" is not hex')
test('a span id with an odd digit', impossible, { spanId: 'abc' }, 'id "abc" is not hex')
test(
  'a short span id',
  impossible,
  { spanId: 'abcd' },
  'log_records[1].span_id: is 2 bytes, must be 8 or none at byte 10',
)
