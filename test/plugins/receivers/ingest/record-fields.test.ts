import test from 'ava'
import { emptyKey, NotedField } from '../../../../plugins/receivers/ingest/noted-field.ts'
import { RecordFields } from '../../../../plugins/receivers/ingest/record-fields.ts'
import { JsonReader } from '../../../../src/wire/json-reader.ts'
import { Writer } from '../../../../src/wire/writer.ts'

function setUp(json?: string) {
  const out = new Writer(16)
  const fields = new RecordFields(out, 'syslog')
  fields.now = { low: 7, high: 0 }
  const field = new NotedField()
  if (json !== undefined) field.note(new JsonReader(Buffer.from(json)), 0, emptyKey())
  return { out, fields, field, written: () => out.finish().toString('hex') }
}

test('without a time the record has that of receipt', t => {
  const { fields, field, written } = setUp()
  t.is(fields.time(field), '')
  t.is(written(), '09070000000000000059' + '0700000000000000')
})

test('a time that is none breaks a rule and writes nothing', t => {
  const { fields, field, written } = setUp('"now"')
  t.regex(fields.time(field), /^must be an ISO 8601 time/)
  t.is(written(), '')
})

test('a severity is a name with its text, or a number of the scale alone', t => {
  const named = setUp('"info"')
  t.is(named.fields.severity(named.field), '')
  t.is(named.written(), '10091a04696e666f')
  const numbered = setUp('3')
  t.is(numbered.fields.severity(numbered.field), '')
  t.is(numbered.written(), '1011')
  const wrong = setUp('17')
  t.regex(wrong.fields.severity(wrong.field), /a whole number from 0 to 7$/)
})

for (const [json, hex] of [
  ['"00f067AA0ba902b7"', '520800f067aa0ba902b7'],
  ['"0000000000000000"', ''],
  ['"00f067aa0ba902bx"', ''],
  ['"x0f067aa0ba902b7"', ''],
  ['"00f067aa"', ''],
  ['12', ''],
] as const) {
  test(`${json} is ${hex === '' ? 'no span id and leaves nothing behind' : 'a span id'}`, t => {
    const { fields, field, written } = setUp(json)
    t.is(fields.readId(field, 8), hex !== '')
    t.is(written(), hex)
  })
}
