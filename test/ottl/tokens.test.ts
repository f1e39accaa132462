import test from 'ava'
import { tokensOf, unquoted } from '../../src/ottl/tokens.ts'

const kinds = (text: string): string[] => tokensOf(text).map(({ kind }) => kind)
const textOf = (literal: string): string => unquoted(tokensOf(literal)[0]!)

test('each token says what it is and where', t => {
  t.deepEqual(tokensOf(' log.body=="x" '), [
    { kind: 'word', text: 'log', at: 1 },
    { kind: 'sign', text: '.', at: 4 },
    { kind: 'word', text: 'body', at: 5 },
    { kind: 'sign', text: '==', at: 9 },
    { kind: 'string', text: '"x"', at: 11 },
    { kind: 'end', text: '', at: 15 },
  ])
})

test('numbers are whole, or have a point', t => {
  t.deepEqual(kinds('-1 +2 3'), ['int', 'int', 'int', 'end'])
  t.deepEqual(kinds('.5 -1.5 1.5e-3'), ['float', 'float', 'float', 'end'])
  t.deepEqual(kinds('0xfF'), ['bytes', 'end'])
})

test('strings have the escapes of Go', t => {
  t.is(textOf('"a b"'), 'a b')
  t.is(textOf(String.raw`"\"\\\n\t"`), '"\\\n\t')
  t.is(textOf(String.raw`"\u00e9\U0001F980"`), '\u00e9\u{1f980}')
  t.throws(() => textOf(String.raw`"a\d"`), { message: /^at character 3: \\d is no escape/ })
  t.throws(() => textOf(String.raw`"\UFFFFFFFF"`), { message: /is no escape/ })
})

const refused = test.macro((t, text: string, message: string) => {
  t.throws(() => tokensOf(text), { message })
})
test(
  'a string without an end',
  refused,
  'a == "b',
  'at character 6: this string has no end: a " is missing',
)
test('one =', refused, 'a = 1', 'at character 3: "=": equality is written ==')
test(
  'single quotes',
  refused,
  "a == 'b'",
  'at character 6: "\'": strings are written in double quotes',
)
test('&&', refused, 'a && b', 'at character 3: "&": write and')
test('arithmetic', refused, '1 * 2', 'at character 3: "*": arithmetic is not known here')
test(
  'a character of nothing',
  refused,
  'a \u00e9',
  'at character 3: "\u00e9": no condition has this here',
)
