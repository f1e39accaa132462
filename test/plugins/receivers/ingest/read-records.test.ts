import test from 'ava'
import fc from 'fast-check'
import type { Layout } from '../../../../plugins/receivers/ingest/read-records.ts'
import { PipelineError } from '../../../../src/plugin/pipeline-error.ts'
import { readRecords } from '../../../helpers/ingest.ts'

function bodies(body: string | Buffer, layout: Layout = 'json'): unknown[] {
  return readRecords(body, layout).records.map(record => record.body)
}

test('one object, an array and lines are the same records', t => {
  t.deepEqual(bodies('{"message":"a"}'), ['a'])
  t.deepEqual(bodies('[{"message":"a"},{"message":"b"}]'), ['a', 'b'])
  t.deepEqual(bodies('{"message":"a"}\n{"message":"b"}', 'lines'), ['a', 'b'])
})

test('lines may be empty, end with a carriage return, and need no end', t => {
  t.deepEqual(bodies('\n\r\n{"message":"a"}\r\n \n{"message":"b"}', 'lines'), ['a', 'b'])
})

test('lines may be an object or an array of other values than records', t => {
  const { rejected } = readRecords('{"message":"a"}\n[]\n42', 'lines')
  t.deepEqual(
    rejected.map(({ index, errors }) => [index, errors[0]?.rule]),
    [
      [1, 'must be an object'],
      [2, 'must be an object'],
    ],
  )
})

test('a line that is no JSON is refused alone, with its place in the body', t => {
  const lines = ['{"message":"a"}', '{"message":', '{"message":"b"} x', '"open', '{"message":"c"}']
  const { records, rejected, count } = readRecords(lines.join('\n'), 'lines')
  t.deepEqual(
    records.map(({ body }) => body),
    ['a', 'c'],
  )
  t.is(count, 5)
  t.deepEqual<unknown, unknown>(
    rejected.map(({ index, errors }) => [index, errors[0]?.rule]),
    [
      [1, 'must be a JSON object: not JSON: text ends where a value must come (line 2 column 12)'],
      [
        2,
        "must be a JSON object: not JSON: 'x' stands where the end of the text must come (line 3 column 17)",
      ],
      [3, 'must be a JSON object: not JSON: string never ends (line 4 column 6)'],
    ],
  )
})

const refused = test.macro({
  exec(t, body: string, layout: Layout, message: string, code = 'invalid_argument') {
    const error = t.throws(() => readRecords(body, layout, { recordsMax: 2 }), {
      instanceOf: PipelineError,
      message,
    })
    t.is(error?.code, code as PipelineError['code'])
    t.false(error?.retryable)
  },
  title: (_, body: string, layout: Layout) =>
    `refused as a whole: ${layout} ${JSON.stringify(body)}`,
})
test(refused, '', 'json', 'the body is empty')
test(refused, ' \n', 'json', 'the body is empty')
test(refused, '[]', 'json', 'the body holds no record')
test(refused, '', 'lines', 'the body holds no record')
test(refused, '\n \r\n', 'lines', 'the body holds no record')
test(
  refused,
  '{"a":1',
  'json',
  "not JSON: text ends where ',' or '}' must come (line 1 column 7) at byte 6",
)
test(
  refused,
  '[{"message":"a"},',
  'json',
  'not JSON: text ends where a value must come (line 1 column 18) at byte 17',
)
const TWO =
  'a second object follows the first: for one record a line, send content-type application/x-ndjson'
test(refused, '{"message":"a"}\n{"message":"b"}', 'json', TWO)
const MANY = 'the request holds more than max_records 2 records'
test(refused, '[{},{},{}]', 'json', MANY, 'resource_exhausted')
test(refused, '{}\n{}\n{}', 'lines', MANY, 'resource_exhausted')

test('records of one resource are together, in their order', t => {
  const sent = ['a', 'b', 'a', 'c', 'b', 'a'].map((service, i) => ({ message: `${i}`, service }))
  const { records } = readRecords(sent)
  t.deepEqual(
    records.map(({ body, resource }) => [resource?.['service.name'], body]),
    ['a0', 'a2', 'a5', 'b1', 'b4', 'c3'].map(text => text.split('')),
  )
})

test('a refused record between others leaves nothing behind', t => {
  const sent = [{ message: 'a' }, { attr: 1, level: 'loud' }, { message: 'b', x: 1 }]
  const { records, rejected } = readRecords(sent)
  t.deepEqual(
    records.map(({ body, attributes }) => [body, attributes]),
    [
      ['a', undefined],
      ['b', { x: 1n }],
    ],
  )
  t.is(rejected[0]?.index, 1)
})

test('bytes that are no UTF-8 refuse their own record only', t => {
  const bad = Buffer.from('{"message":"\u00e9"}').subarray(0, 13)
  const broken = Buffer.concat([bad, Buffer.from('"}')])
  const array = Buffer.concat([
    Buffer.from('[{"message":"a"},'),
    broken,
    Buffer.from(',{"message":"\u00e9"}]'),
  ])
  const { records, rejected } = readRecords(array)
  t.deepEqual(
    records.map(({ body }) => body),
    ['a', '\u00e9'],
  )
  const errors = [{ field: '', value: null, rule: 'must be UTF-8 throughout' }]
  t.deepEqual<unknown, unknown>(rejected, [{ index: 1, errors }])
})

test('a large request does not change how the next one is read', t => {
  const large = JSON.stringify(Array(900).fill({ message: 'x'.repeat(3000) }))
  t.is(readRecords(large).count, 900)
  t.deepEqual(bodies('{"message":"a"}'), ['a'])
})

test('random bytes and broken JSON never fail in another way', t => {
  const text = fc.oneof(
    fc.uint8Array({ maxLength: 60 }).map(bytes => Buffer.from(bytes)),
    fc.tuple(fc.json(), fc.nat(), fc.nat(255)).map(([json, at, byte]) => {
      const bytes = Buffer.from(`[${json},{"message":"m"}]`)
      bytes[at % bytes.length] = byte
      return bytes
    }),
    fc.stringMatching(/^[{}[\]",:\\\n a1t]{0,40}$/).map(chars => Buffer.from(chars)),
  )
  fc.assert(
    fc.property(text, fc.constantFrom<Layout>('json', 'lines'), (body, layout) => {
      try {
        const { records, rejected, count } = readRecords(body, layout)
        t.is(records.length + rejected.length, count)
      } catch (error) {
        t.true(error instanceof PipelineError, String(error))
      }
    }),
    { numRuns: 1000 },
  )
})

test('lines are taken whatever lies between them', t => {
  const line = fc.oneof(
    fc.constant('{"message":"m"}'),
    fc.stringMatching(/^[{}[\]",:\\ a1t]{0,20}$/),
  )
  fc.assert(
    fc.property(fc.array(line), lines => {
      const good = lines.filter(text => text === '{"message":"m"}').length
      if (lines.every(text => text.trim() === '')) return
      t.is(readRecords(lines.join('\n'), 'lines').records.length, good)
    }),
  )
})
