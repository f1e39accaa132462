import test from 'ava'
import fc from 'fast-check'
import {
  COPY_HEADER,
  COPY_TRAILER,
  CopyWriter,
  sourceOf,
} from '../../../../../plugins/exporters/postgres/copy/copy-writer.ts'

test('header and trailer are those of the format', t => {
  t.is(COPY_HEADER.toString('latin1'), 'PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0')
  t.is(COPY_TRAILER.toString('hex'), 'ffff')
})

test('it grows as it is written, byte for byte', t => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.string({ unit: 'grapheme' }), fc.uint8Array({ maxLength: 700 }))),
      parts => {
        const out = new CopyWriter(Buffer.alloc(3))
        for (const part of parts) {
          if (typeof part === 'string') out.utf8(part)
          else out.copy(sourceOf(Buffer.from(part)))
        }
        t.deepEqual(out.finish(), Buffer.concat(parts.map(part => Buffer.from(part as string))))
      },
    ),
  )
})

test('a field has its length before it, NULL has none', t => {
  const out = new CopyWriter(Buffer.alloc(0))
  const start = out.beginField()
  out.utf8('caf\u00e9')
  out.endField(start)
  out.null()
  t.is(out.finish().toString('hex'), '00000005636166c3a9ffffffff')
})

test('it goes on in another buffer', t => {
  const out = new CopyWriter(Buffer.alloc(8))
  out.utf8('first')
  out.continueIn(Buffer.alloc(8))
  out.utf8('next')
  t.is(out.finish().toString(), 'next')
})
