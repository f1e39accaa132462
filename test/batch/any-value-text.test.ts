import test from 'ava'
import type { AnyValue } from '../../src/batch/any-value.ts'
import { anyValueText } from '../../src/batch/any-value-text.ts'

const text = test.macro({
  exec: (t, value: AnyValue, expected: string) => t.is(anyValueText(value), expected),
  title: (name, _, expected: string) => `${name} reads as ${expected || 'nothing'}`,
})

test('no value', text, undefined, '')
test('a string', text, 'a "b"', 'a "b"')
test('true', text, true, 'true')
test('the greatest integer', text, 2n ** 63n - 1n, '9223372036854775807')
test('a double', text, 0.1, '0.1')
test('a whole double', text, 1e21, '1e+21')
test('NaN', text, Number.NaN, 'NaN')
test('bytes', text, Buffer.from([0xfb, 0xff]), '+/8=')
test('an empty array', text, [], '[]')
test(
  'an array of everything',
  text,
  [undefined, 'a"b', false, 2n ** 60n, 1.5, Number.NaN, -Infinity, Buffer.from('x'), [1n]],
  '[null,"a\\"b",false,1152921504606846976,1.5,"NaN","-Infinity","eA==",[1]]',
)
test(
  'a map',
  text,
  new Map<string, AnyValue>([
    ['a"', 1n],
    ['b', new Map<string, AnyValue>([['c', undefined]])],
  ]),
  '{"a\\"":1,"b":{"c":null}}',
)
