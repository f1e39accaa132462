import test from 'ava'
import fc from 'fast-check'
import { type AnyValue, readAnyValue, readKeyValues } from '../../src/batch/any-value.ts'
import { writeAnyValue, writeKeyValue } from '../../src/otlp/write-any-value.ts'
import { Writer } from '../../src/wire/writer.ts'
import { plainValue } from '../helpers/oracle.ts'

const { value } = fc.letrec<{ value: AnyValue; array: AnyValue[]; map: Map<string, AnyValue> }>(
  tie => ({
    value: fc.oneof(
      { maxDepth: 4, depthSize: 'small' },
      fc.constant(undefined),
      fc.string({ unit: 'grapheme' }),
      fc.boolean(),
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
      fc.double(),
      fc.uint8Array(),
      tie('array'),
      tie('map'),
    ),
    array: fc.array(tie('value'), { maxLength: 4 }),
    map: fc
      .array(fc.tuple(fc.string(), tie('value')), { maxLength: 4 })
      .map(pairs => new Map(pairs)),
  }),
)

test('every value that is written is read again', t => {
  const property = fc.property(value, original => {
    const out = new Writer()
    writeAnyValue(out, original)
    const bytes = out.finish()
    t.deepEqual(plainValue(readAnyValue(bytes, 0, bytes.length)), plainValue(original))
  })
  t.notThrows(() => fc.assert(property, { numRuns: 300 }))
})

test('a key and its value are one field', t => {
  const out = new Writer()
  writeKeyValue(out, 0x32, 'k', 5n)
  writeKeyValue(out, 0x32, 'none', undefined)
  t.is(out.finish().toString('hex'), '32070a016b1202180532080a046e6f6e651200')
  const bytes = out.finish()
  const expected = new Map<string, AnyValue>([
    ['k', 5n],
    ['none', undefined],
  ])
  t.deepEqual(readKeyValues(bytes, 0, bytes.length, 6), expected)
})
