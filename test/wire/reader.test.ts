import test from 'ava'
import fc from 'fast-check'
import { Reader } from '../../src/wire/reader.ts'
import { WireError } from '../../src/wire/wire-error.ts'
import { fixed32, fixed64, int, len, tag, varint } from '../helpers/wire.ts'

type Read = (reader: Reader) => unknown

const reads = test.macro({
  exec(t, hex: string, read: Read, expected: unknown) {
    const bytes = Buffer.from(hex, 'hex')
    const reader = new Reader(bytes)
    t.is(read(reader), expected)
    t.is(reader.pos, bytes.length)
  },
  title: (_, hex: string, read: Read, expected: unknown) =>
    `${hex} reads as ${String(expected)}: ${String(read)}`,
})

const throws = test.macro({
  exec(t, hex: string, read: Read, message: string) {
    const reader = new Reader(Buffer.from(hex, 'hex'))
    t.throws(() => read(reader), { instanceOf: WireError, message })
  },
  title: (_, hex: string, read: Read, message: string) =>
    `${hex || 'nothing'} is refused, ${message}: ${String(read)}`,
})

const uint32: Read = r => r.uint32()
const int64: Read = r => r.int64()
const readTag: Read = r => r.tag()
const length: Read = r => r.length()
const skip: Read = r => r.skip(r.tag())

test(reads, '00', uint32, 0)
test(reads, '7f', uint32, 127)
test(reads, '8001', uint32, 128)
test(reads, 'ffffffff0f', uint32, 2 ** 32 - 1)
test('high bits are dropped, as protobuf says', reads, 'ffffffffffffffffff01', uint32, 2 ** 32 - 1)
test(reads, '80808000', uint32, 0)
test(reads, 'ffffffffffffffffff01', int64, -1n)
test(reads, '80808080808080808001', int64, -(2n ** 63n))
test(reads, 'ffffffffffffffff7f', int64, 2n ** 63n - 1n)
test(reads, '0a', readTag, 0x0a)
test(reads, '8a00', readTag, 0x0a)
test(reads, 'ffffffff07', length, 2 ** 31 - 1)

test(throws, '', uint32, 'varint is cut short at byte 0')
test(throws, '8080', uint32, 'varint is cut short at byte 0')
test(throws, '8080', int64, 'varint is cut short at byte 0')
test(throws, 'ff'.repeat(11), uint32, 'varint is longer than 10 bytes at byte 0')
test(throws, 'ff'.repeat(11), int64, 'varint is longer than 10 bytes at byte 0')
test(throws, '00', readTag, 'invalid field number at byte 0')
test(throws, '06', readTag, 'invalid field number at byte 0')
test(throws, '0e', readTag, 'invalid wire type 6 at byte 0')
test(throws, '0f', readTag, 'invalid wire type 7 at byte 0')
test(throws, 'fdffffff1f', readTag, 'invalid field number at byte 0')
test(throws, '8a8080808000', readTag, 'invalid field number at byte 0')
test(throws, 'ffffffff08', length, 'length is over 2 GiB at byte 0')
test(throws, 'ffffffffff01', length, 'length is over 2 GiB at byte 0')
test(throws, '0a03ffff', skip, 'length 3 runs 1 bytes past the end at byte 1')
test(throws, '09ffff', skip, 'fixed-width value is cut short at byte 1')
test(throws, '0dffff', skip, 'fixed-width value is cut short at byte 1')
test(throws, '08ff', skip, 'varint is cut short at byte 1')
test(throws, `08${'ff'.repeat(10)}01`, skip, 'varint is longer than 10 bytes at byte 1')
test(throws, '0c', skip, 'end of a group that never began at byte 1')
test(throws, '0b0801', skip, 'group never ends at byte 3')
test(throws, '0b14', skip, 'group ends another group at byte 1')
test(throws, '0b'.repeat(65), skip, 'groups nest too deep at byte 65')

test('every kind of field is skipped to its end', t => {
  const group = Buffer.concat([tag(6, 3), int(1, 5), tag(7, 3), tag(7, 4), tag(6, 4)])
  for (const field of [int(5, 2n ** 63n), fixed64(2, 1n), len(3, 'text'), fixed32(4, 1), group]) {
    const reader = new Reader(Buffer.concat([field, Buffer.from([1])]))
    reader.skip(reader.tag())
    t.is(reader.pos, field.length)
  }
})

test('a varint of any padding reads as the same number', t => {
  const property = fc.property(
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    fc.nat(9),
    (value, padding) => {
      const bytes = varint(value, padding)
      return (
        new Reader(bytes).int64() === value &&
        new Reader(bytes).uint32() === Number(BigInt.asUintN(32, value))
      )
    },
  )
  t.notThrows(() => fc.assert(property))
})

test('nothing is read past the end of the range, though the buffer goes on', t => {
  const bytes = Buffer.from('8001', 'hex')
  t.throws(() => new Reader(bytes, 0, 1).uint32(), { instanceOf: WireError })
  t.throws(() => new Reader(Buffer.from('0a01ff', 'hex'), 1, 2).lengthDelimited(), {
    message: 'length 1 runs 1 bytes past the end at byte 1',
  })
})
