import test from 'ava'
import fc from 'fast-check'
import {
  decodeEntry,
  ENTRY_BYTES,
  encodeEntry,
  type JournalEntry,
} from '../../../src/queue/log/journal-entry.ts'

const count = fc.maxSafeNat()
const small = fc.nat(2 ** 32 - 1)
const mark = fc.record({
  place: fc.record({
    segment: small,
    offset: small,
    totals: fc.record({ sequence: count, records: count, bytes: count }),
  }),
  record: small,
})
const sums = fc.record({ requests: small, records: small, bytes: count })
const entry: fc.Arbitrary<JournalEntry> = fc.oneof(
  fc.record({ kind: fc.constant('cursor' as const), to: mark }),
  fc.record({
    kind: fc.constant('begin' as const),
    lot: fc.record({ id: count, from: mark, to: mark, sums }),
  }),
  fc.record({ kind: fc.constant('done' as const), id: count }),
)

function encoded(value: JournalEntry, generation: number): Buffer {
  const bytes = Buffer.alloc(ENTRY_BYTES, 0xff)
  encodeEntry(value, generation, bytes)
  return bytes
}

test('an entry comes back as it went in', t => {
  fc.assert(
    fc.property(entry, fc.nat(), (value, generation) => {
      t.deepEqual(decodeEntry(encoded(value, generation), generation), value)
    }),
  )
})

test('an entry of another generation is none', t => {
  fc.assert(
    fc.property(entry, small, small, (value, generation, other) => {
      fc.pre(generation !== other)
      t.is(decodeEntry(encoded(value, generation), other), undefined)
    }),
  )
})

test('every single flipped bit and every truncation makes it none', t => {
  const place = { segment: 3, offset: 64, totals: { sequence: 5, records: 6, bytes: 7 } }
  const lot = { id: 9, from: { place, record: 1 }, to: { place, record: 2 } }
  const good = encoded(
    { kind: 'begin', lot: { ...lot, sums: { requests: 1, records: 2, bytes: 3 } } },
    4,
  )
  for (let bit = 0; bit < good.length * 8; bit++) {
    const bytes = Buffer.from(good)
    bytes[bit >> 3]! ^= 1 << (bit & 7)
    if (decodeEntry(bytes, 4) !== undefined) return t.fail(`bit ${bit} was not seen`)
  }
  for (let length = 0; length < good.length; length++) {
    if (decodeEntry(good.subarray(0, length), 4) !== undefined) return t.fail(`${length} bytes`)
  }
  t.pass()
})

test('no bytes at all make it throw', t => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(3), (bytes, generation) => {
      t.notThrows(() => decodeEntry(Buffer.from(bytes), generation))
    }),
  )
})

test('zeros are no entry, of generation 0 neither', t => {
  t.is(decodeEntry(Buffer.alloc(ENTRY_BYTES), 0), undefined)
})
