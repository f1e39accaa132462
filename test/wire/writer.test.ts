import test from 'ava'
import fc from 'fast-check'
import { Reader } from '../../src/wire/reader.ts'
import { varintSize, Writer } from '../../src/wire/writer.ts'

type Write = (out: Writer) => void

const writes = test.macro({
  exec(t, write: Write, hex: string) {
    // No room at all at first: every write must make its own.
    const out = new Writer(0)
    write(out)
    t.is(out.finish().toString('hex'), hex)
  },
  title: (_, write: Write, hex: string) => `${String(write)} gives ${hex}`,
})

test(writes, out => out.varint(0), '00')
test(writes, out => out.varint(300), 'ac02')
test(writes, out => out.varint(2 ** 53 - 1), 'ffffffffffffff0f')
test(writes, out => out.varint64(-1n), 'ffffffffffffffffff01')
test(writes, out => out.varint64(2n ** 64n - 1n), 'ffffffffffffffffff01')
test(writes, out => out.fixed32(-1), 'ffffffff')
test(writes, out => out.fixed64(2n ** 64n - 2n), 'feffffffffffffff')
test(writes, out => out.double(1), '000000000000f03f')
test(writes, out => out.string(0x0a, 'h\u00e9'), '0a0368c3a9')
test('a lone surrogate becomes U+FFFD', writes, out => out.string(0x0a, '\ud800'), '0a03efbfbd')
test(writes, out => out.lengthDelimited(0x12, Buffer.from('abc'), 1, 2), '120162')
test(writes, out => out.raw(Buffer.from('abc'), 1), '6263')
test(writes, out => out.message(0x0a, () => {}), '0a00')

for (const size of [47, 48, 49]) {
  test(`${size} bytes are copied as they are, from any place`, t => {
    const source = Buffer.from(Array.from({ length: 60 }, (_, i) => i))
    const out = new Writer(0)
    out.raw(source, 5, 5 + size)
    t.deepEqual(out.finish(), source.subarray(5, 5 + size))
  })
}

for (const size of [0, 126, 127, 128, 16_383, 16_384, 2_100_000]) {
  test(`a nested message of ${size} bytes has its length in front of it`, t => {
    const payload = Buffer.alloc(size, 'x')
    const out = new Writer(8)
    out.message(0x0a, () => out.message(0x12, () => out.raw(payload)))
    out.varint(7)
    const reader = new Reader(out.finish())
    t.is(reader.tag(), 0x0a)
    const outer = reader.lengthDelimited()
    t.is(reader.tag(), 0x12)
    const inner = reader.lengthDelimited()
    t.is(inner, outer)
    t.is(Buffer.compare(reader.bytes.subarray(reader.pos, inner), payload), 0)
    t.is(reader.bytes.at(-1), 7)
  })
}

test('varintSize says how many bytes varint takes', t => {
  const property = fc.property(fc.nat(), value => {
    const out = new Writer()
    out.varint(value)
    return out.pos === varintSize(value)
  })
  t.notThrows(() => fc.assert(property))
})

test('what was written can be taken back by moving the position', t => {
  const out = new Writer()
  out.string(0x0a, 'kept')
  const mark = out.pos
  const start = out.begin(0x12)
  out.string(0x0a, 'x'.repeat(300))
  out.commit(start)
  out.pos = mark
  t.is(out.finish().toString('hex'), '0a046b657074')
})
