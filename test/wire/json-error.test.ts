import test from 'ava'
import { JsonError } from '../../src/wire/json-error.ts'

test('the path reads as JavaScript would write it', t => {
  const error = new JsonError('is a number, must be a string', 12)
    .within('key')
    .within('[2]')
    .within('attributes')
  t.is(error.path, 'attributes[2].key')
  t.is(error.message, 'attributes[2].key: is a number, must be a string at byte 12')
  t.false(error.isSyntax)
})

test('no stack trace is taken, and other errors keep theirs', t => {
  t.notRegex(new JsonError('x', 0).stack ?? '', /\n\s+at /)
  t.regex(new Error('y').stack ?? '', /\n\s+at /)
})
