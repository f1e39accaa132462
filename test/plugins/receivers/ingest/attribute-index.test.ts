import { isDeepStrictEqual } from 'node:util'
import test from 'ava'
import fc from 'fast-check'
import { AttributeIndex } from '../../../../plugins/receivers/ingest/attribute-index.ts'
import { AttributeWalk } from '../../../../src/batch/any-value.ts'
import { writeKeyValue } from '../../../../src/otlp/write-any-value.ts'
import { Writer } from '../../../../src/wire/writer.ts'

/** Writes attributes of one record through the index; what is left, in order. */
function write(index: AttributeIndex, entries: readonly (readonly [string, string])[]) {
  const out = new Writer(16)
  out.varint(0)
  index.reset()
  for (const [key, value] of entries) {
    const bytes = Buffer.from(key)
    index.add(out, bytes, 0, bytes.length)
    writeKeyValue(out, 0x32, key, value)
  }
  const left: (readonly [string, unknown])[] = []
  const walk = new AttributeWalk(out.bytes, 1, out.pos, 6)
  while (walk.next()) left.push([walk.key(), walk.value()])
  return left
}

test('of two values for one key the last is left', t => {
  const index = new AttributeIndex(8)
  const given = [
    ['a', '1'],
    ['b', '2'],
    ['a', '3'],
    ['c', '4'],
    ['a', '5'],
    ['b', '6'],
  ] as const
  t.deepEqual(write(index, given), [
    ['c', '4'],
    ['a', '5'],
    ['b', '6'],
  ])
})

test('a record does not see the keys of the one before', t => {
  const index = new AttributeIndex(4)
  const given = [['a', '1']] as const
  for (let i = 0; i < 10; i++) t.deepEqual(write(index, given), [['a', '1']])
})

test('is full at the number it was made for', t => {
  const index = new AttributeIndex(3)
  write(index, [
    ['a', '1'],
    ['b', '2'],
    ['a', '3'],
  ])
  t.is(index.count, 3)
  t.true(index.isFull)
})

test('does what a map does, long keys and values included', t => {
  const index = new AttributeIndex(64)
  const text = fc.oneof(
    fc.string({ maxLength: 3 }),
    fc.constantFrom('k'.repeat(130), 'k'.repeat(20_000)),
  )
  const entries = fc.array(fc.tuple(text, text), { maxLength: 64 })
  fc.assert(
    fc.property(entries, given => {
      const map = new Map<string, string>()
      for (const [key, value] of given) {
        map.delete(key)
        map.set(key, value)
      }
      t.true(isDeepStrictEqual(write(index, given), [...map]))
    }),
  )
})
