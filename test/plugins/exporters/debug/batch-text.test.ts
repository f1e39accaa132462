import test from 'ava'
import { batchText, TEXT_CHARS_MAX } from '../../../../plugins/exporters/debug/batch-text.ts'
import { buildLogs } from '../../../../src/otlp/build-logs.ts'

const batch = buildLogs(
  [
    {
      resource: { 'service.name': 'shop' },
      resourceSchemaUrl: 'https://schema/1',
      scopeName: 'lib',
      scopeVersion: '1.0',
      scopeAttributes: { s: 1n },
      records: [
        {
          timeUnixNano: 1581452773000000789n,
          severityNumber: 9,
          severityText: 'Info',
          body: 'This is a log message',
          attributes: { app: 'server', instance_num: 1n },
          traceId: '08040201000000000000000000000000',
          spanId: '0102040800000000',
          eventName: 'event_name',
          flags: 1,
        },
        { body: 'second\nline' },
      ],
    },
    { scopeSchemaUrl: 'https://schema/2', records: [{ body: new Map([['a', 1n]]) }] },
  ],
  { requestId: 'r' },
)

test('detailed shows every field as the Collector does', t => {
  t.is(
    batchText(batch, 'detailed'),
    `ResourceLog #0
Resource SchemaURL: https://schema/1
Resource attributes:
     -> service.name: Str(shop)
ScopeLogs #0
ScopeLogs SchemaURL: 
InstrumentationScope lib 1.0
InstrumentationScope attributes:
     -> s: Int(1)
LogRecord #0
ObservedTimestamp: 1970-01-01 00:00:00 +0000 UTC
Timestamp: 2020-02-11 20:26:13.000000789 +0000 UTC
SeverityText: Info
SeverityNumber: Info(9)
EventName: event_name
Body: Str(This is a log message)
Attributes:
     -> app: Str(server)
     -> instance_num: Int(1)
Trace ID: 08040201000000000000000000000000
Span ID: 0102040800000000
Flags: 1
LogRecord #1
ObservedTimestamp: 1970-01-01 00:00:00 +0000 UTC
Timestamp: 1970-01-01 00:00:00 +0000 UTC
SeverityText: 
SeverityNumber: Unspecified(0)
Body: Str(second
line)
Trace ID: 
Span ID: 
Flags: 0
ResourceLog #1
Resource SchemaURL: 
ScopeLogs #0
ScopeLogs SchemaURL: https://schema/2
InstrumentationScope  
LogRecord #0
ObservedTimestamp: 1970-01-01 00:00:00 +0000 UTC
Timestamp: 1970-01-01 00:00:00 +0000 UTC
SeverityText: 
SeverityNumber: Unspecified(0)
Body: Map({"a":1})
Trace ID: 
Span ID: 
Flags: 0`,
  )
})

test('normal shows one line a record, under lines for resource and scope', t => {
  t.is(
    batchText(batch, 'normal'),
    `ResourceLog #0 [https://schema/1] service.name=shop
ScopeLog #0 lib@1.0 s=1
This is a log message app=server instance_num=1
second
line
ResourceLog #1
ScopeLog #0 [https://schema/2]
{"a":1}`,
  )
})

test('only selected records are shown', t => {
  t.is(
    batchText(batch.slice(1, 2), 'normal'),
    'ResourceLog #0 [https://schema/1] service.name=shop\nScopeLog #0 lib@1.0 s=1\nsecond\nline',
  )
})

test('control characters do not reach the terminal', t => {
  const hostile = buildLogs([{ records: [{ body: 'a\u001b[31m\r\u009b\tb' }] }], { requestId: 'r' })
  t.true(batchText(hostile, 'normal').endsWith('a\\x1b[31m\\x0d\\x9b\tb'))
})

for (const verbosity of ['normal', 'detailed'] as const) {
  test(`a huge batch is cut, and says so (${verbosity})`, t => {
    const records = Array.from({ length: 40 }, () => ({ body: 'x'.repeat(TEXT_CHARS_MAX / 16) }))
    const text = batchText(buildLogs([{ records }], { requestId: 'r' }), verbosity)
    t.true(text.length < TEXT_CHARS_MAX + 1000, `${text.length} characters`)
    t.regex(text, /\n\.\.\. 2\d more log records not shown$/)
  })
}
