import { fromBinary } from '@bufbuild/protobuf'
import test from 'ava'
import fc from 'fast-check'
import {
  type AnyValue,
  AttributeWalk,
  readAnyValue,
  readKeyValues,
} from '../../src/batch/any-value.ts'
import { AnyValueSchema } from '../../src/gen/opentelemetry/proto/common/v1/common_pb.ts'
import { checkAnyValue } from '../../src/otlp/check-any-value.ts'
import { anyValueMessage } from '../helpers/arbitrary-logs.ts'
import { oracleValue, plainValue } from '../helpers/oracle.ts'
import { double, int, len } from '../helpers/wire.ts'

const reads = test.macro({
  exec(t, bytes: Buffer, expected: AnyValue) {
    t.deepEqual(plainValue(readAnyValue(bytes, 0, bytes.length)), plainValue(expected))
  },
  title: name => `${name} is read`,
})

test('a string', reads, len(1, 'h\u00e9'), 'h\u00e9')
test('an empty string', reads, len(1, ''), '')
test('true written as a long varint', reads, int(2, 2n ** 40n), true)
test('false', reads, int(2, 0), false)
test('the least integer', reads, int(3, -(2n ** 63n)), -(2n ** 63n))
test('minus zero', reads, double(4, -0), -0)
test('bytes', reads, len(7, Buffer.from([255])), Buffer.from([255]))
test('an array', reads, len(5, [len(1, int(3, 1)), len(1, [])]), [1n, undefined])
test(
  'a list whose key comes twice',
  reads,
  len(6, [len(1, [len(1, 'k'), len(2, int(3, 1))]), len(1, [len(1, 'k'), len(2, int(3, 2))])]),
  new Map([['k', 2n]]),
)
test('an empty value', reads, Buffer.alloc(0), undefined)
test('a dictionary index, which means nothing in logs', reads, int(8, 3), undefined)
test('invalid UTF-8', reads, len(1, Buffer.from([0x61, 0xff])), 'a\ufffd')
test(
  'a value among unknown fields',
  reads,
  Buffer.concat([len(99, 'x'), int(3, 7), int(98, 1)]),
  7n,
)

test('every value is read as the oracle reads it', t => {
  const property = fc.property(anyValueMessage, bytes => {
    // Values that set several members are merged by the decoder, before anyone reads them.
    fc.pre(!checkAnyValue(bytes, 0, bytes.length, 0))
    const expected = oracleValue(fromBinary(AnyValueSchema, bytes, { recursionLimit: 400 }))
    t.deepEqual(plainValue(readAnyValue(bytes, 0, bytes.length)), expected)
  })
  t.notThrows(() => fc.assert(property, { numRuns: 500 }))
})

test('the walk stops at every pair of its field, and skips the rest', t => {
  const bytes = Buffer.concat([
    int(9, 1),
    len(6, [len(1, 'a'), len(2, int(3, 1))]),
    len(7, 'other'),
    len(6, [len(2, len(1, 'before its key')), len(1, 'b')]),
    len(6, [len(1, 'no value')]),
    len(6, []),
  ])
  const walk = new AttributeWalk(bytes, 0, bytes.length, 6)
  const seen: unknown[] = []
  while (walk.next()) seen.push([walk.key(), walk.value(), walk.valueOffset > 0])
  t.deepEqual(seen, [
    ['a', 1n, true],
    ['b', 'before its key', true],
    ['no value', undefined, false],
    ['', undefined, false],
  ])
})

test('keys are compared byte by byte', t => {
  const bytes = len(6, [len(1, 'http.route')])
  const walk = new AttributeWalk(bytes, 0, bytes.length, 6)
  t.true(walk.next())
  t.true(walk.keyEquals(Buffer.from('http.route')))
  t.false(walk.keyEquals(Buffer.from('http.routes')))
  t.false(walk.keyEquals(Buffer.from('http.r0ute')))
  t.false(walk.keyEquals(Buffer.alloc(0)))
})

test('a later key wins', t => {
  const bytes = Buffer.concat([
    len(1, [len(1, 'k'), len(2, len(1, 'first'))]),
    len(1, [len(1, 'k'), len(2, len(1, 'second'))]),
  ])
  t.deepEqual(readKeyValues(bytes, 0, bytes.length, 1), new Map([['k', 'second']]))
})
