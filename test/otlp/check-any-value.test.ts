import test from 'ava'
import fc from 'fast-check'
import { checkAnyValue, checkKeyValue } from '../../src/otlp/check-any-value.ts'
import { WireError } from '../../src/wire/wire-error.ts'
import { anyValueMessage } from '../helpers/arbitrary-logs.ts'
import { double, int, len, tag, varint } from '../helpers/wire.ts'

const accepts = test.macro<[Buffer, boolean?]>({
  exec(t, bytes: Buffer, twice = false) {
    t.is(checkAnyValue(bytes, 0, bytes.length, 0), twice)
    // Bytes behind the value are none of its own.
    t.is(checkAnyValue(Buffer.concat([bytes, Buffer.alloc(20, 0xff)]), 0, bytes.length, 0), twice)
    const pair = Buffer.concat([len(1, 'key'), len(2, bytes)])
    t.is(checkKeyValue(pair, 0, pair.length, 0), twice)
    const reversed = Buffer.concat([len(2, bytes), len(1, 'key')])
    t.is(checkKeyValue(reversed, 0, reversed.length, 0), twice)
  },
  title: name => `${name} is a value`,
})

test('nothing', accepts, Buffer.alloc(0))
test('a short string', accepts, len(1, 'x'))
test('a string of 127 bytes', accepts, len(1, 'x'.repeat(127)))
test('a string of 128 bytes', accepts, len(1, 'x'.repeat(128)))
test('a string of 20,000 bytes', accepts, len(1, 'x'.repeat(20_000)))
test('a negative integer', accepts, int(3, -1))
test('a padded bool', accepts, int(2, 1, 5))
test('a double', accepts, double(4, 1))
test('bytes', accepts, len(7, 'x'))
test('an unknown member', accepts, int(9, 1))
test('an array', accepts, len(5, [len(1, int(3, 1)), len(2, 'unknown')]))
test('two members', accepts, Buffer.concat([int(3, 1), len(1, 'x')]), true)
test('two integers', accepts, Buffer.concat([int(3, 1), int(3, 2)]), true)
test(
  'two members deep inside',
  accepts,
  len(6, len(1, len(2, len(5, len(1, [int(3, 1), int(3, 2)]))))),
  true,
)

const refuses = test.macro({
  exec(t, bytes: Buffer, reason: string) {
    const read = (): boolean =>
      checkAnyValue(Buffer.concat([bytes, Buffer.alloc(9)]), 0, bytes.length, 0)
    const error = t.throws(read, { instanceOf: WireError })
    t.is(error?.reason, reason)
  },
  title: name => `${name} is refused`,
})

test(
  'a string past the end',
  refuses,
  Buffer.from('0a02ff', 'hex'),
  'length 2 runs 1 bytes past the end',
)
test('a string without a length', refuses, Buffer.from('0a', 'hex'), 'varint is cut short')
test('a long string without its length', refuses, Buffer.from('0a80', 'hex'), 'varint is cut short')
test('an integer without a value', refuses, Buffer.from('18', 'hex'), 'varint is cut short')
test(
  'an integer of eleven bytes',
  refuses,
  Buffer.concat([tag(3, 0), Buffer.alloc(10, 0x80), varint(0)]),
  'varint is longer than 10 bytes',
)
test('half a double', refuses, Buffer.from('2100000000', 'hex'), 'fixed-width value is cut short')
test('a string where a number must be', refuses, len(3, 'x'), 'wire type is 2, must be 0')
test('a number where a list must be', refuses, int(5, 1), 'wire type is 0, must be 2')
test('an array of numbers', refuses, len(5, int(1, 1)), 'wire type is 0, must be 2')
test(
  'a broken value in an array',
  refuses,
  len(5, len(1, len(3, 'x'))),
  'wire type is 2, must be 0',
)
test('a broken key in a list', refuses, len(6, len(1, int(1, 1))), 'wire type is 0, must be 2')
test('a dictionary index that is a string', refuses, len(8, 'x'), 'wire type is 2, must be 0')

test('the fast path and the slow path agree', t => {
  const property = fc.property(anyValueMessage, bytes => {
    // An unknown field in front keeps the fast path out.
    const slow = Buffer.concat([int(99, 1), bytes])
    return checkAnyValue(bytes, 0, bytes.length, 0) === checkAnyValue(slow, 0, slow.length, 0)
  })
  t.notThrows(() => fc.assert(property, { numRuns: 500 }))
})

test('a second value in one pair is seen', t => {
  const pair = Buffer.concat([len(1, 'k'), len(2, int(3, 1)), len(2, int(3, 1))])
  t.true(checkKeyValue(pair, 0, pair.length, 0))
})
