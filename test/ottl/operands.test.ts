import test from 'ava'
import { Operands } from '../../src/ottl/operands.ts'
import { TokenList } from '../../src/ottl/token-list.ts'
import { sampleLogs } from '../../src/testing/index.ts'

const row = sampleLogs(['hello']).cursor()
const read = (text: string) => new Operands(new TokenList(text)).read()

test('literals', t => {
  t.is(read('"a"').get(row), 'a')
  t.is(read('-9223372036854775808').get(row), -(2n ** 63n))
  t.is(read('+5').get(row), 5n)
  t.is(read('.25').get(row), 0.25)
  t.is(read('nil').get(row), undefined)
  t.is(read('SEVERITY_NUMBER_WARN').get(row), 13n)
  t.deepEqual(read('0x01ff').get(row), Buffer.from([1, 255]))
})

test('only what is true or false may stand alone', t => {
  t.true(read('false').isBoolean)
  t.true(read('IsMatch(log.body, "h")').isBoolean)
  for (const text of ['nil', '1', '"a"', 'log.body']) t.false(read(text).isBoolean, text)
})

const refused = test.macro((t, text: string, message: string) => {
  t.throws(() => read(text), { message })
})
test(
  '65 bits',
  refused,
  '9223372036854775808',
  'at character 1: 9223372036854775808 has more than 64 bits',
)
test('half a byte', refused, '0x123', 'at character 1: 0x123 lacks a digit: a byte has two')
test(
  'an unknown name',
  refused,
  'SEVERITY_NUMBER_BAD',
  'at character 1: SEVERITY_NUMBER_BAD is not known',
)
test(
  'another function',
  refused,
  'Len(log.body)',
  "at character 1: Len() is not known here: of OTTL's functions there is IsMatch",
)
test(
  'a pattern that is no literal',
  refused,
  'IsMatch(log.body, log.body)',
  'at character 19: expected a pattern in quotes, not log',
)
test('no pattern', refused, 'IsMatch(log.body)', 'at character 17: expected ,, not )')
test(
  'an operator',
  refused,
  'and',
  'at character 1: expected a path such as log.body, a literal or IsMatch(...), not and',
)
test('half a path', refused, 'log.', 'at character 5: expected a name, not the end')
test(
  'an empty key',
  refused,
  'log.body[]',
  'at character 10: expected a key in quotes, or a number, not ]',
)
