import test from 'ava'
import { WireError } from '../../src/wire/wire-error.ts'

test('the message names the fault, the byte and, once known, the field', t => {
  t.is(new WireError('varint is cut short', 7).message, 'varint is cut short at byte 7')
  const inner = new WireError('wire type is 0, must be 2', 9)
    .within('body')
    .within('log_records[3]')
  t.is(inner.message, 'log_records[3].body: wire type is 0, must be 2 at byte 9')
  t.is(inner.path, 'log_records[3].body')
  t.is(inner.offset, 9)
})

test('no stack trace is taken, and other errors keep theirs', t => {
  t.notRegex(new WireError('x', 0).stack ?? '', /\n\s+at /)
  t.regex(new Error('y').stack ?? '', /\n\s+at /)
})
