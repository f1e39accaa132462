import test from 'ava'
import {
  decodeNote,
  encodeNote,
  NOTE_NAME_LENGTH,
  NOTE_NAMES_MAX,
  notedName,
} from '../../src/kafka/transaction-note.ts'

test('a note comes back as it was, and a full one is within the limit of brokers', t => {
  const names = Array.from({ length: NOTE_NAMES_MAX }, (_, i) => notedName(`queue/${i}`))
  t.deepEqual(decodeNote(encodeNote(names)), names)
  t.true(encodeNote(names).length <= 4096)
  t.deepEqual(decodeNote(encodeNote([])), [])
})

test('names are of one length, and differ', t => {
  const names = ['', 'a', 'b', 'x'.repeat(1000)].map(notedName)
  t.true(names.every(({ length }) => length === NOTE_NAME_LENGTH))
  t.is(new Set(names).size, names.length)
  t.is(notedName('a'), notedName('a'))
})

for (const foreign of ['', '{"parsec":1,"e":5}', 'parsec:2:abc', 'anything']) {
  test(`"${foreign}" is none of ours`, t => {
    t.deepEqual(decodeNote(foreign), [])
  })
}

test('a name that is cut short is left out', t => {
  const name = notedName('a')
  t.deepEqual(decodeNote(`${encodeNote([name])}abc`), [name])
})
