import test from 'ava'
import fc from 'fast-check'
import { WordTable } from '../../../../plugins/receivers/ingest/word-table.ts'

const WORDS = ['time', '@timestamp', 'log.level', 'trace_id', 'ts', 'level2']
const table = new WordTable(WORDS)

function find(text: string): number {
  const bytes = Buffer.from(`"${text}"`)
  return table.find(bytes, 1, bytes.length - 1)
}

for (const [number, word] of WORDS.entries()) {
  test(`${word} is found in any case, and nothing shorter or longer`, t => {
    t.is(find(word), number)
    t.is(find(word.toUpperCase()), number)
    t.is(find(word.slice(1)), -1)
    t.is(find(`${word}x`), -1)
  })
}

// Bytes that a careless folding of cases would take for @ . _ and digits.
for (const text of [
  '',
  '`timestamp',
  'log\u000elevel',
  'trace\u007fid',
  'level\u0012',
  'time\u0000',
]) {
  test(`${JSON.stringify(text)} is no word`, t => t.is(find(text), -1))
}

test('finds what a map finds', t => {
  const words = Array.from({ length: 200 }, (_, i) => `word${i}`)
  const many = new WordTable(words)
  const text = fc.oneof(fc.constantFrom(...words), fc.string())
  fc.assert(
    fc.property(text, word => {
      const bytes = Buffer.from(word)
      t.is(many.find(bytes, 0, bytes.length), words.indexOf(word.toLowerCase()))
    }),
  )
})
