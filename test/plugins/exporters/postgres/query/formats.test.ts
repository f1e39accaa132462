import test from 'ava'
import {
  formatNamed,
  type ResultField,
  type TextValue,
} from '../../../../../plugins/exporters/postgres/query/formats.ts'

const FIELDS: readonly ResultField[] = [
  { name: 'body', typeOid: 25 },
  { name: 'n', typeOid: 20 },
  { name: 'ok', typeOid: 16 },
  { name: 'attributes', typeOid: 3802 },
]
const ROWS: readonly (readonly TextValue[])[] = [
  ['a "b",\nc', '9223372036854775807', 't', '{"a": 1}'],
  [null, null, null, null],
  ['', '5', 'f', '[]'],
]

const gives = test.macro((t, name: string | undefined, text: string) => {
  t.is(formatNamed(name)(FIELDS, ROWS), text)
})

const TABLE = ` body      | n                   | ok | attributes
-----------+---------------------+----+------------
 a "b",\\nc | 9223372036854775807 | t  | {"a": 1}
           |                     |    |
           |                   5 | f  | []
(3 rows)
`
test('a table for people, one line a row', gives, undefined, TABLE)
test('a table by name', gives, 'table', TABLE)
test(
  'CSV tells NULL from an empty text',
  gives,
  'CSV',
  'body,n,ok,attributes\n"a ""b"",\nc",9223372036854775807,t,"{""a"": 1}"\n,,,\n"",5,f,[]\n',
)
const JSON_LINES = `{"body":"a \\"b\\",\\nc","n":9223372036854775807,"ok":true,"attributes":{"a": 1}}
{"body":null,"n":null,"ok":null,"attributes":null}
{"body":"","n":5,"ok":false,"attributes":[]}
`
test('JSON keeps every digit, and JSON values as they are', gives, 'json', JSON_LINES)
test("ClickHouse's name for it", gives, 'JSONEachRow', JSON_LINES)

test('numbers that JSON has not are strings', t => {
  const field = { name: 'x', typeOid: 701 }
  t.is(formatNamed('json')([field], [['NaN'], ['-Infinity']]), '{"x":"NaN"}\n{"x":"-Infinity"}\n')
})

test('control characters do not reach the terminal', t => {
  const text = formatNamed('table')([{ name: 'x\u001b[2J', typeOid: 25 }], [['\u001b[2J\t\r']])
  t.false(text.includes('\u001b'))
  t.regex(text, /\\x1b\[2J\\t\\r/)
})

test('one row is one row, no rows are none', t => {
  const format = formatNamed(undefined)
  t.regex(format(FIELDS, [ROWS[1]!]), /\(1 row\)/)
  t.regex(format(FIELDS, []), /\(0 rows\)/)
})

test('a format that is not known names those that are', t => {
  t.throws(() => formatNamed('Pretty'), { message: /use table, csv or json/ })
})
