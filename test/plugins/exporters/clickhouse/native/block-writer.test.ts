import test from 'ava'
import fc from 'fast-check'
import {
  BlockWriter,
  COPY_SLACK_BYTES,
  copyLoosely,
  sourceOf,
} from '../../../../../plugins/exporters/clickhouse/native/block-writer.ts'

test('copies keep every byte, also those that would be NaN as a double', t => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 1500 }),
    fc
      .array(fc.constantFrom(0xf0, 0xf7, 0x7f, 0xff, 0x00), { maxLength: 600 })
      .map(list => Uint8Array.from(list)),
  )
  fc.assert(
    fc.property(bytes, fc.nat(20), (array, skip) => {
      const input = Buffer.from(array)
      const from = Math.min(skip, input.length)
      const out = new BlockWriter(Buffer.alloc(3))
      out.copy(sourceOf(input), from, input.length)
      t.deepEqual(out.finish(), input.subarray(from))

      const slack = Buffer.alloc(input.length + COPY_SLACK_BYTES)
      const source = Buffer.concat([input, Buffer.alloc(COPY_SLACK_BYTES)])
      copyLoosely(sourceOf(source).view, 0, sourceOf(slack).view, 0, input.length)
      t.deepEqual(slack.subarray(0, input.length), input)
    }),
  )
})

test('text is written as its UTF-8 length and bytes', t => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), value => {
      const out = new BlockWriter(Buffer.alloc(1))
      out.text(value)
      const expected = Buffer.from(value)
      const lengthBytes = expected.length < 0x80 ? 1 : expected.length < 0x4000 ? 2 : 3
      t.is(out.pos, lengthBytes + expected.length)
      t.deepEqual(out.finish().subarray(lengthBytes), expected)
    }),
  )
})

test('a string is copied whether or not its length byte stands before it', t => {
  for (const [bytes, from] of [
    [Buffer.from('\x03abc'), 1],
    [Buffer.from('abc'), 0],
    [Buffer.from('\x83\x00abc', 'latin1'), 2],
  ] as const) {
    const out = new BlockWriter(Buffer.alloc(1))
    out.string(sourceOf(bytes), from, bytes.length)
    t.deepEqual(out.finish(), Buffer.from('\x03abc'))
  }
})

test('repeating writes the bytes as often as told', t => {
  for (const times of [0, 1, 2, 7, 100]) {
    const out = new BlockWriter(Buffer.alloc(1))
    out.repeat(Buffer.from('abc'), times)
    t.is(out.finish().toString(), 'abc'.repeat(times))
  }
})
