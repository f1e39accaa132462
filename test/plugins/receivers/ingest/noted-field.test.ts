import test from 'ava'
import { emptyKey, NotedField, textOf } from '../../../../plugins/receivers/ingest/noted-field.ts'
import { JsonReader } from '../../../../src/wire/json-reader.ts'

for (const [json, kind, text] of [
  ['"text"', 'string', 'text'],
  ['"\\u00e9"', 'string', '\u00e9'],
  ['-1.5e3', 'number', '-1.5e3'],
  ['{"a":[1]}', 'other', ''],
  ['true', 'other', ''],
] as const) {
  test(`${json} is noted as a ${kind}`, t => {
    const reader = new JsonReader(Buffer.from(` ${json},`))
    const field = new NotedField()
    field.note(reader, 2, emptyKey())
    t.is(field.kind, kind)
    t.is(textOf(field.text), text)
    t.is(reader.bytes.toString('utf8', field.valueOffset, field.valueEnd), json)
    t.is(reader.pos, field.valueEnd)
    t.true(field.isSet)
    t.false(field.isEmptyText)
  })
}

test('once cleared it holds nothing of the body', t => {
  const field = new NotedField()
  field.note(new JsonReader(Buffer.from('""')), 0, emptyKey())
  t.true(field.isEmptyText)
  field.clear()
  t.false(field.isSet)
  t.is(field.bytes.length + field.text.bytes.length, 0)
})
