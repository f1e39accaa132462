import test from 'ava'
import fc from 'fast-check'
import {
  copyRange,
  sameBytes,
  shortLength,
  skipShortLength,
} from '../../src/attributes/byte-range.ts'
import { Writer } from '../../src/wire/writer.ts'

test('ranges of any length are copied behind what was written before', t => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), fc.nat(80), fc.nat(80), (source, a, b) => {
      const bytes = Buffer.from(source)
      const start = Math.min(a, b, bytes.length)
      const end = Math.min(Math.max(a, b), bytes.length)
      const out = new Writer(4)
      out.raw(Buffer.from('ab'))
      copyRange(out, bytes, start, end)
      const expected = Buffer.concat([Buffer.from('ab'), bytes.subarray(start, end)])
      t.deepEqual(Buffer.from(out.finish()), expected)
    }),
  )
})

test('bytes are compared from their offsets on', t => {
  const a = Buffer.from('xxhello')
  t.true(sameBytes(a, 2, Buffer.from('hello!'), 0, 5))
  t.false(sameBytes(a, 2, Buffer.from('hellO!'), 0, 5))
  t.true(sameBytes(a, 7, a, 0, 0))
})

test('lengths of one and two bytes are read, longer ones and missing ones are not a number', t => {
  const read = (...bytes: number[]): number[] => {
    const buffer = Buffer.from(bytes)
    return [shortLength(buffer, 0), skipShortLength(buffer, 0)]
  }
  t.deepEqual(read(5), [5, 1])
  t.deepEqual(read(0x80, 0x01), [128, 2])
  t.is(read(0xff, 0xff, 0x01)[0], NaN)
  t.is(read(0x80)[0], NaN)
  t.is(read()[0], NaN)
})
