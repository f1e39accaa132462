import { createHash } from 'node:crypto'
import test from 'ava'
import { hashAnyValue } from '../../src/attributes/hash-value.ts'
import type { AnyValue } from '../../src/batch/any-value.ts'
import { writeAnyValue } from '../../src/otlp/write-any-value.ts'
import { Writer } from '../../src/wire/writer.ts'

function hashOf(value: AnyValue): string {
  const out = new Writer(16)
  out.raw(Buffer.from('padding'))
  writeAnyValue(out, value)
  return hashAnyValue(out.bytes, 'padding'.length, out.pos)
}

function sha256(bytes: string | Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

const hashes = test.macro({
  exec(t, value: AnyValue, hashed: string | Uint8Array) {
    t.is(hashOf(value), hashed.length === 0 ? '' : sha256(hashed))
  },
  title: title => `hash of ${title}`,
})

test('a short string', hashes, 'abc', 'abc')
test('a long string', hashes, 'x'.repeat(70_000), 'x'.repeat(70_000))
test('an empty string is empty', hashes, '', '')
test('an empty value is empty', hashes, undefined, '')
test('a bool is of one byte', hashes, false, Uint8Array.of(0))
test('an int is of 8 little-endian bytes', hashes, 258n, Uint8Array.of(2, 1, 0, 0, 0, 0, 0, 0))
test('a double is of its 8 bytes', hashes, 2, Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0x40))
test('bytes', hashes, Buffer.from([1, 2]), Uint8Array.of(1, 2))
test('a list is of its JSON', hashes, [1n, 'a'], '[1,"a"]')

test('a string that is not UTF-8 is hashed as its bytes', t => {
  const message = Buffer.from([0x0a, 2, 0xff, 0xfe])
  t.is(hashAnyValue(message, 0, 4), sha256(Uint8Array.of(0xff, 0xfe)))
})
