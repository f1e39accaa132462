import test from 'ava'
import fc from 'fast-check'
import {
  type Altered,
  nothingAltered,
} from '../../../../../plugins/exporters/postgres/copy/altered.ts'
import { CopyWriter, sourceOf } from '../../../../../plugins/exporters/postgres/copy/copy-writer.ts'
import { validText, writeText } from '../../../../../plugins/exporters/postgres/copy/text.ts'

function written(bytes: Buffer, altered: Altered): string {
  const out = new CopyWriter(Buffer.alloc(0))
  // Somewhere inside a buffer, as text always is.
  writeText(out, sourceOf(Buffer.concat([Buffer.of(0xff), bytes])), 1, bytes.length + 1, altered)
  const field = out.finish()
  if (field.readInt32BE(0) !== field.length - 4) throw new Error(field.toString('hex'))
  return field.toString('utf8', 4)
}

const becomes = test.macro(
  (t, bytes: Buffer | string, text: string, altered: Partial<Altered> = {}) => {
    const counts = nothingAltered()
    t.is(written(Buffer.from(bytes as string), counts), text)
    t.deepEqual(counts, { ...nothingAltered(), ...altered })
  },
)

test('nothing stays nothing', becomes, '', '')
test('ASCII stays', becomes, 'hello, world', 'hello, world')
test('UTF-8 stays', becomes, 'caf\u00e9 \u{1f980}', 'caf\u00e9 \u{1f980}')
test('a NUL becomes a symbol', becomes, 'a\0b', 'a\u2400b', { nul: 1 })
test('a NUL at the end', becomes, 'abcd\0', 'abcd\u2400', { nul: 1 })
test('a NUL after UTF-8', becomes, '\u00e9\0', '\u00e9\u2400', { nul: 1 })
test('what is no UTF-8 becomes U+FFFD', becomes, Buffer.from([0x61, 0xff, 0x62]), 'a\ufffdb', {
  invalid_utf8: 1,
})
test(
  'a surrogate in UTF-8 is none',
  becomes,
  Buffer.from([0xed, 0xa0, 0x80]),
  '\ufffd\ufffd\ufffd',
  {
    invalid_utf8: 1,
  },
)
test('both', becomes, Buffer.from([0xff, 0]), '\ufffd\u2400', { invalid_utf8: 1, nul: 1 })

test('any text arrives, and any bytes give text that PostgreSQL takes', t => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 40 }), text => {
      const expected = Buffer.from(text).toString().replaceAll('\0', '\u2400')
      t.is(written(Buffer.from(text), nothingAltered()), expected)
    }),
  )
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), bytes => {
      const text = written(Buffer.from(bytes), nothingAltered())
      t.is(Buffer.from(text).toString(), text)
      t.false(text.includes('\0'))
    }),
  )
})

test('the text of a range is the same text', t => {
  const altered = nothingAltered()
  t.is(validText(sourceOf(Buffer.from('xa\0bx')), 1, 4, altered), 'a\u2400b')
  t.is(altered.nul, 1)
})
