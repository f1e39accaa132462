import test from 'ava'
import fc from 'fast-check'
import { buildLogsRequest } from '../../src/otlp/build-logs.ts'
import { decodeLogs } from '../../src/otlp/decode-logs.ts'
import { RECORDS_MAX, TooManyRecordsError } from '../../src/otlp/survey-request.ts'
import { WireError } from '../../src/wire/wire-error.ts'
import { logsRequest } from '../helpers/arbitrary-logs.ts'
import { assertReadsAs, oracleLogs } from '../helpers/oracle.ts'
import { double, fixed32, fixed64, int, len, request, tag, varint } from '../helpers/wire.ts'

const context = { requestId: 'test' }

test('columns and cursor read what the oracle reads, whatever the order of fields', t => {
  const property = fc.property(logsRequest, bytes => {
    const { batch, rejectedReason } = decodeLogs(bytes, context)
    if (rejectedReason !== '') throw new Error(rejectedReason)
    assertReadsAs(batch, oracleLogs(bytes))
  })
  t.notThrows(() => fc.assert(property, { numRuns: 1000 }))
})

/** One good record before the bad one and one behind it: they are kept. */
const rejects = test.macro({
  exec(t, record: Buffer | Buffer[], reason: string) {
    const bytes = request(len(3, 'first'), record, len(3, 'last'))
    const { batch, rejectedCount, rejectedReason } = decodeLogs(bytes, context)
    t.is(rejectedReason, reason)
    t.is(rejectedCount, 1)
    const row = batch.cursor()
    const texts = [0, 1].map(i => row.seek(batch.row(i)).severityText())
    t.deepEqual(texts, ['first', 'last'])
    t.is(batch.count, 2)
  },
  title: name => `a record with ${name} is rejected alone`,
})

const hex = (text: string): Buffer => Buffer.from(text, 'hex')

test(
  'a time cut short',
  rejects,
  hex('0901020304'),
  'log_records[1].time_unix_nano: fixed-width value is cut short at byte 15',
)
test(
  'an observed time cut short',
  rejects,
  hex('5901'),
  'log_records[1].observed_time_unix_nano: fixed-width value is cut short at byte 15',
)
test(
  'flags cut short',
  rejects,
  hex('450102'),
  'log_records[1].flags: fixed-width value is cut short at byte 15',
)
test(
  'a severity cut short',
  rejects,
  hex('10ff'),
  'log_records[1].severity_number: varint is cut short at byte 16',
)
test(
  'an endless varint',
  rejects,
  Buffer.concat([tag(2, 0), Buffer.alloc(11, 0xff)]),
  'log_records[1].severity_number: varint is longer than 10 bytes at byte 16',
)
test(
  'a text past the end',
  rejects,
  hex('1a0561'),
  'log_records[1].severity_text: length 5 runs 4 bytes past the end at byte 15',
)
test(
  'a length over 2 GiB',
  rejects,
  hex('1affffffff0f'),
  'log_records[1].severity_text: length is over 2 GiB at byte 16',
)
test(
  'a length that is cut short',
  rejects,
  hex('1a80'),
  'log_records[1].severity_text: varint is cut short at byte 16',
)
test(
  'a short trace id',
  rejects,
  len(9, Buffer.alloc(15)),
  'log_records[1].trace_id: is 15 bytes, must be 16 or none at byte 15',
)
test(
  'a long span id',
  rejects,
  len(10, Buffer.alloc(9)),
  'log_records[1].span_id: is 9 bytes, must be 8 or none at byte 15',
)
test(
  'a time of another wire type',
  rejects,
  int(1, 5),
  'log_records[1].time_unix_nano: wire type is 0, must be 1 at byte 15',
)
test(
  'a body of another wire type',
  rejects,
  int(5, 5),
  'log_records[1].body: wire type is 0, must be 2 at byte 15',
)
test(
  'a count of another wire type',
  rejects,
  len(7, 'x'),
  'log_records[1].dropped_attributes_count: wire type is 2, must be 0 at byte 15',
)
test(
  'a tag longer than it must be',
  rejects,
  hex('890001020304050607'),
  'log_records[1]: tag is not minimal at byte 15',
)
test(
  'a body that runs past its end',
  rejects,
  len(5, hex('0a05')),
  'log_records[1].body: length 5 runs 5 bytes past the end at byte 18',
)
test(
  'an integer of another wire type in its body',
  rejects,
  len(5, fixed64(3, 1n)),
  'log_records[1].body: wire type is 1, must be 0 at byte 17',
)
test(
  'an attribute whose key is a number',
  rejects,
  len(6, int(1, 1)),
  'log_records[1].key: wire type is 0, must be 2 at byte 17',
)
test(
  'an attribute whose value is a number',
  rejects,
  len(6, [len(1, 'k'), int(2, 1)]),
  'log_records[1].value: wire type is 0, must be 2 at byte 20',
)
test('field number 0', rejects, hex('0000'), 'log_records[1]: invalid field number at byte 15')
test('a group that never ends', rejects, tag(99, 3), 'log_records[1]: group never ends at byte 17')

const refuses = test.macro({
  exec(t, bytes: Buffer, message: string) {
    t.throws(() => decodeLogs(bytes, context), { instanceOf: WireError, message })
  },
  title: name => `a request with ${name} is refused`,
})

test(
  'a resource past the end',
  refuses,
  hex('0a0a0a05'),
  'resource_logs: length 10 runs 8 bytes past the end at byte 1',
)
test(
  'a number where resources must be',
  refuses,
  int(1, 1),
  'resource_logs.resource or scope: wire type is 0, must be 2 at byte 0',
)
test(
  'a number where records must be',
  refuses,
  len(1, len(2, int(2, 1))),
  'resource_logs.scope_logs.children: wire type is 0, must be 2 at byte 4',
)
test(
  'a broken resource',
  refuses,
  len(1, len(1, hex('0a05'))),
  'resource: length 5 runs 5 bytes past the end at byte 5',
)
test(
  'a resource whose attribute is a number',
  refuses,
  len(1, len(1, int(1, 1))),
  'resource.attributes: wire type is 0, must be 2 at byte 4',
)
test(
  'a broken scope',
  refuses,
  len(1, len(2, len(1, int(1, 1)))),
  'scope.name: wire type is 0, must be 2 at byte 6',
)
test(
  'a broken entity',
  refuses,
  len(1, len(1, len(3, int(2, 1)))),
  'resource.entity_refs.type: wire type is 0, must be 2 at byte 6',
)
test(
  'HTML',
  refuses,
  Buffer.from('<html>'),
  'resource_logs: end of a group that never began at byte 1',
)
test(
  'JSON',
  refuses,
  Buffer.from('{"resourceLogs":[]}'),
  'resource_logs: length 114 runs 98 bytes past the end at byte 2',
)

test('an empty request and empty envelopes hold no records', t => {
  for (const bytes of [Buffer.alloc(0), len(1, []), len(1, [len(2, [])]), len(1, [len(1, [])])]) {
    const { batch, rejectedCount } = decodeLogs(bytes, context)
    t.is(batch.count, 0)
    t.is(rejectedCount, 0)
    t.is(batch.bytes, bytes)
  }
})

test('a record of nothing is a record', t => {
  t.is(decodeLogs(request([], []), context).batch.count, 2)
})

test('invalid UTF-8 is kept byte for byte and reads as U+FFFD', t => {
  const text = Buffer.from([0x61, 0xff, 0xc3])
  const bytes = request([len(3, text), len(5, len(1, text)), len(12, text)])
  const { batch } = decodeLogs(bytes, context)
  const row = batch.cursor().seek(0)
  t.is(row.severityText(), 'a\ufffd\ufffd')
  t.is(row.bodyText(), 'a\ufffd\ufffd')
  t.is(row.eventName(), 'a\ufffd\ufffd')
  t.is(batch.bytes, bytes)
})

/** A value inside `depth` others, built from the inside out. */
function nested(depth: number, list: 5 | 6): Buffer {
  const value = int(3, 1)
  const parts: Buffer[] = [value]
  let length = value.length
  const wrap = (field: number): void => {
    const head = Buffer.concat([tag(field, 2), varint(length)])
    parts.push(head)
    length += head.length
  }
  for (let i = 0; i < depth; i++) {
    if (list === 6) wrap(2)
    wrap(1)
    wrap(list)
  }
  return Buffer.concat(parts.reverse())
}

for (const list of [5, 6] as const) {
  const name = list === 5 ? 'arrays' : 'maps'
  test(`64 ${name} in each other are read, one more is not`, t => {
    const bytes = request(len(5, nested(64, list)), len(5, nested(65, list)))
    const { batch, rejectedCount, rejectedReason } = decodeLogs(bytes, context)
    t.is(batch.count, 1)
    t.is(rejectedCount, 1)
    t.regex(rejectedReason, /^log_records\[1\]\.body: values nest deeper than 64 at byte \d+$/)
    t.regex(batch.cursor().seek(0).bodyText(), /1[\]}]{64}$/)
  })

  test(`10,000 ${name} in each other do not exhaust the stack`, t => {
    const bytes = request(
      len(5, nested(10_000, list)),
      len(6, [len(1, 'k'), len(2, nested(10_000, list))]),
    )
    const { rejectedCount, rejectedReason } = decodeLogs(bytes, context)
    t.is(rejectedCount, 2)
    t.regex(rejectedReason, /values nest deeper than 64/)
    const resource = len(1, len(1, len(1, len(2, nested(10_000, list)))))
    t.throws(() => decodeLogs(resource, context), {
      instanceOf: WireError,
      message: /^resource: values nest deeper than 64 at byte \d+$/,
    })
  })

  test(`64 ${name} in each other may hold a field that comes twice`, t => {
    const body = nested(64, list)
    const bytes = request([len(5, int(3, 7)), len(5, body)])
    const { batch, rejectedReason } = decodeLogs(bytes, context)
    t.is(rejectedReason, '')
    t.regex(batch.cursor().seek(0).bodyText(), /1[\]}]{64}$/)
  })
}

test(`${RECORDS_MAX} records are taken at once, one more is refused`, t => {
  const records = Buffer.from([0x12, 0]).toString('hex').repeat(RECORDS_MAX)
  const most = len(1, len(2, Buffer.from(records, 'hex')))
  t.is(decodeLogs(most, context).batch.count, RECORDS_MAX)
  const more = len(1, len(2, Buffer.from(`${records}1200`, 'hex')))
  t.throws(() => decodeLogs(more, context), {
    instanceOf: TooManyRecordsError,
    message:
      'request holds at least 1000001 records or envelopes, at most 1000000 are taken at once',
  })
  const envelopes = Buffer.from('0a00'.repeat(RECORDS_MAX + 1), 'hex')
  t.throws(() => decodeLogs(envelopes, context), { instanceOf: TooManyRecordsError })
})

test('a million broken records are counted, and the first one gives the reason', t => {
  const bad = len(2, Buffer.from([0x4a, 1, 0]))
  const bytes = len(1, len(2, Buffer.alloc(bad.length * RECORDS_MAX, bad)))
  const { batch, rejectedCount, rejectedReason } = decodeLogs(bytes, context)
  t.is(batch.count, 0)
  t.is(rejectedCount, RECORDS_MAX)
  t.regex(rejectedReason, /^log_records\[0\]\.trace_id: is 1 bytes/)
})

test('a record that was rejected stays so when another record must be merged', t => {
  // Merging alone would drop the broken array, since the string behind it overrules it.
  const broken = len(5, [len(5, Buffer.from([0x0a, 9])), len(1, 'overrules')])
  const twice = [len(5, int(3, 1)), len(5, int(3, 2))]
  const { batch, rejectedCount, rejectedReason } = decodeLogs(request(broken, twice), context)
  t.is(rejectedCount, 1)
  t.is(rejectedReason, 'log_records[0].body: length 9 runs 9 bytes past the end at byte 11')
  t.is(batch.cursor().seek(batch.row(0)).bodyText(), '2')
})

test('ids of no bytes are absent, and every other field of a record has its column', t => {
  const bytes = request([
    fixed64(1, 5n),
    int(2, -3n),
    fixed32(8, 2 ** 32 - 1),
    len(9, ''),
    len(10, ''),
    len(5, double(4, 1.5)),
  ])
  const row = decodeLogs(bytes, context).batch.cursor().seek(0)
  t.is(row.severityNumber(), -3)
  t.is(row.flags(), 2 ** 32 - 1)
  t.is(row.traceId(), '')
  t.is(row.spanId(), '')
  t.is(row.body(), 1.5)
})

test('the batch is the bytes that came in, not a copy', t => {
  const bytes = buildLogsRequest([{ records: [{ body: 'x' }] }])
  const { batch } = decodeLogs(bytes, context)
  t.is(batch.bytes, bytes)
  t.is(batch.context, context)
  t.true(batch.isUntouched)
})
