import { fromBinary } from '@bufbuild/protobuf'
import test from 'ava'
import fc from 'fast-check'
import { LogsDataSchema } from '../../src/gen/opentelemetry/proto/logs/v1/logs_pb.ts'
import { decodeLogs } from '../../src/otlp/decode-logs.ts'
import { mergeDuplicates, PARTS_MAX } from '../../src/otlp/merge-duplicates.ts'
import { surveyRequest } from '../../src/otlp/survey-request.ts'
import { WireError } from '../../src/wire/wire-error.ts'
import { logsRequest } from '../helpers/arbitrary-logs.ts'
import { assertSame, oracleLogs } from '../helpers/oracle.ts'
import { int, len, request } from '../helpers/wire.ts'

const context = { requestId: 'test' }

test('merging changes nothing of what protobuf reads, and merges once and for all', t => {
  const property = fc.property(logsRequest, bytes => {
    const merged = mergeDuplicates(bytes)
    assertSame(LogsDataSchema, oracleLogs(merged), oracleLogs(bytes))
    t.false(surveyRequest(merged).duplicated)
    const decoded = decodeLogs(merged, context)
    t.is(decoded.batch.bytes, merged)
  })
  t.notThrows(() => fc.assert(property, { numRuns: 500 }))
})

const body = test.macro({
  exec(t, fields: Buffer[], expected: string) {
    const { batch, rejectedReason } = decodeLogs(request(fields), context)
    t.is(rejectedReason, '')
    t.is(batch.cursor().seek(0).bodyText(), expected)
  },
  title: name => `a body of ${name} is merged as protobuf says`,
})

const array = (...numbers: number[]): Buffer =>
  len(
    5,
    numbers.map(n => len(1, int(3, n))),
  )

test('two integers', body, [len(5, int(3, 1)), len(5, int(3, 2))], '2')
test('two arrays', body, [len(5, array(1)), len(5, array(2, 3))], '[1,2,3]')
test('an array twice in one value', body, [len(5, [array(1), array(2)])], '[1,2]')
test('an array, a string and an array', body, [len(5, [array(1), len(1, 'x'), array(2)])], '[2]')
test('an array and a string', body, [len(5, [array(1)]), len(5, len(1, 'x'))], 'x')
test('a string and nothing', body, [len(5, len(1, 'x')), len(5, [])], 'x')
test(
  'maps in parts',
  body,
  [
    len(5, len(6, len(1, [len(1, 'a'), len(2, int(3, 1)), len(2, int(3, 2))]))),
    len(5, len(6, len(1, [len(1, 'b'), len(2, array(1)), len(2, array(2))]))),
  ],
  '{"a":2,"b":[1,2]}',
)

test('two resources, two scopes: attributes are joined', t => {
  const attribute = (key: string): Buffer => len(1, [len(1, key), len(2, int(3, 1))])
  const bytes = len(1, [
    len(1, attribute('a')),
    len(2, [len(1, len(1, 'one')), len(2, []), len(1, len(2, 'v2'))]),
    len(1, attribute('b')),
  ])
  const { batch } = decodeLogs(bytes, context)
  const row = batch.cursor().seek(0)
  t.deepEqual([...row.resourceAttributes().keys()], ['a', 'b'])
  const scope = fromBinary(LogsDataSchema, batch.bytes).resourceLogs[0]?.scopeLogs[0]?.scope
  t.is(scope?.name, 'one')
  t.is(scope?.version, 'v2')
})

test(`more than ${PARTS_MAX} parts cost the record, or outside of records the request`, t => {
  const parts = (count: number): Buffer[] => Array.from({ length: count }, () => len(5, int(3, 1)))
  const { batch, rejectedCount, rejectedReason } = decodeLogs(
    request(parts(PARTS_MAX), parts(PARTS_MAX + 1)),
    context,
  )
  t.is(batch.count, 1)
  t.is(rejectedCount, 1)
  t.regex(rejectedReason, /^log_records\[1\]: one field comes in too many parts at byte \d+$/)
  const resources = Array.from({ length: PARTS_MAX + 1 }, () => len(1, int(2, 1)))
  t.throws(() => decodeLogs(len(1, resources), context), {
    instanceOf: WireError,
    message: /^one message comes in more than 1000 parts at byte \d+$/,
  })
})

test('empty parts beside a large one are merged without copying it for each', t => {
  const large = len(5, len(1, 'x'.repeat(2_000_000)))
  const bytes = request([large, Buffer.from('2a00'.repeat(500_000), 'hex')])
  const { batch } = decodeLogs(bytes, context)
  t.is(batch.cursor().seek(0).bodyText().length, 2_000_000)
})

test('a large value deep inside others is copied once, not once a level', t => {
  let value = len(1, 'x'.repeat(1_000_000))
  for (let i = 0; i < 60; i++) value = len(6, [len(1, [len(1, 'k'), len(2, value)])])
  const bytes = request([len(5, int(3, 1)), len(5, value)])
  const merged = mergeDuplicates(bytes)
  t.true(merged.buffer.byteLength < 2 * bytes.length)
  t.is(decodeLogs(bytes, context).rejectedReason, '')
})
