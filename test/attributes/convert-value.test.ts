import test from 'ava'
import { type ConvertedType, convertValue } from '../../src/attributes/convert-value.ts'
import type { AnyValue } from '../../src/batch/any-value.ts'

const converts = test.macro({
  exec(t, to: ConvertedType, value: AnyValue, expected: AnyValue) {
    t.deepEqual(convertValue(value, to), expected)
  },
  title: (title, to: ConvertedType) => `to ${to}: ${title}`,
})

test('text of digits', converts, 'int', '-42', -42n)
test('text with a plus', converts, 'int', '+7', 7n)
test('the largest int64', converts, 'int', '9223372036854775807', 9223372036854775807n)
test('text beyond int64 stays', converts, 'int', '9223372036854775808', '9223372036854775808')
test('text with a fraction stays', converts, 'int', '1.5', '1.5')
test('a double loses its fraction', converts, 'int', -1.9, -1n)
test('a double beyond int64 stays', converts, 'int', 1e19, 1e19)
test('NaN stays', converts, 'int', NaN, NaN)
test('false is 0', converts, 'int', false, 0n)
test('a list stays', converts, 'int', [1n], [1n])
test('an empty value stays', converts, 'int', undefined, undefined)
test('text with an exponent', converts, 'double', '-1.5e3', -1500)
test('text without digits stays', converts, 'double', '.', '.')
test('text out of range stays', converts, 'double', '1e400', '1e400')
test('infinity is a double', converts, 'double', '-Inf', -Infinity)
test('true is 1', converts, 'double', true, 1)
test('int', converts, 'double', 3n, 3)
test('very long text stays', converts, 'double', '1'.repeat(2000), '1'.repeat(2000))
test('bytes become base64', converts, 'string', Buffer.from('hi'), 'aGk=')
test('an int64', converts, 'string', -5n, '-5')
