import test from 'ava'
import { encodeAttribute } from '../../src/attributes/encode-attribute.ts'
import { readAnyValue, readKeyValues } from '../../src/batch/any-value.ts'

for (const size of [0, 1, 100, 127, 128, 20_000]) {
  test(`an attribute with a value of ${size} characters is found at its ranges`, t => {
    const key = Buffer.from('some.key')
    const value = 'v'.repeat(size)
    const { bytes, ranges } = encodeAttribute(6, key, value)
    t.is(ranges.length, bytes.length)
    t.deepEqual(bytes.subarray(ranges.keyOffset, ranges.keyEnd), key)
    t.is(readAnyValue(bytes, ranges.valueOffset, ranges.valueEnd), value)
    t.deepEqual(readKeyValues(bytes, 0, bytes.length, 6), new Map([['some.key', value]]))
  })
}
