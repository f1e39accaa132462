import test from 'ava'
import fc from 'fast-check'
import { JsonError } from '../../src/wire/json-error.ts'
import { JSON_DEPTH_MAX, JsonReader } from '../../src/wire/json-reader.ts'

function skipAll(text: string | Buffer): void {
  const reader = new JsonReader(Buffer.from(text))
  reader.skip()
  reader.expectEnd()
}

const refused = test.macro({
  exec(t, text: string, message: string) {
    const error = t.throws(() => skipAll(text), { instanceOf: JsonError, message })
    t.true(error?.isSyntax)
    t.throws(() => JSON.parse(text) as unknown)
  },
  title: (_, text: string, message: string) => `${JSON.stringify(text)} is refused, ${message}`,
})

test(refused, '', 'not JSON: text ends where a value must come (line 1 column 1) at byte 0')
test(
  refused,
  '{"a":1',
  "not JSON: text ends where ',' or '}' must come (line 1 column 7) at byte 6",
)
test(
  refused,
  '[1 2]',
  "not JSON: '2' stands where ',' or ']' must come (line 1 column 4) at byte 3",
)
test(refused, '[1,]', "not JSON: ']' stands where a value must come (line 1 column 4) at byte 3")
test(
  refused,
  '{"a":1,}',
  "not JSON: '}' stands where a string must come (line 1 column 8) at byte 7",
)
test(refused, '{a:1}', "not JSON: 'a' stands where a string must come (line 1 column 2) at byte 1")
test(refused, '{"a" 1}', "not JSON: '1' stands where ':' must come (line 1 column 6) at byte 5")
test(
  refused,
  '{"a":\n1\n"',
  `not JSON: '"' stands where ',' or '}' must come (line 3 column 1) at byte 8`,
)
test(
  refused,
  '01',
  "not JSON: '1' stands where the end of the text must come (line 1 column 2) at byte 1",
)
test(refused, '-', 'not JSON: text ends where a digit must come (line 1 column 2) at byte 1')
test(refused, '1.', 'not JSON: text ends where a digit must come (line 1 column 3) at byte 2')
test(refused, '1e+x', "not JSON: 'x' stands where a digit must come (line 1 column 4) at byte 3")
test(refused, '+1', "not JSON: '+' stands where a value must come (line 1 column 1) at byte 0")
test(refused, 'nul', "not JSON: 'n' stands where a value must come (line 1 column 1) at byte 0")
test(refused, 'NaN', "not JSON: 'N' stands where a value must come (line 1 column 1) at byte 0")
test(refused, '"abc', 'not JSON: string never ends (line 1 column 5) at byte 4')
test(refused, '"a\nb"', 'not JSON: bad control character (line 1 column 3) at byte 2')
test(refused, '"\\x"', 'not JSON: bad escape (line 1 column 2) at byte 1')
test(refused, '"\\u12g4"', 'not JSON: bad escape (line 1 column 2) at byte 1')
test(refused, '"\\', 'not JSON: bad escape (line 1 column 2) at byte 1')
test(
  refused,
  '{} {}',
  "not JSON: '{' stands where the end of the text must come (line 1 column 4) at byte 3",
)
test(
  refused,
  '\u0000',
  'not JSON: byte 0x0 stands where a value must come (line 1 column 1) at byte 0',
)

test('everything that is JSON is read to its end', t => {
  const property = fc.property(fc.json({ maxDepth: 6 }), fc.nat(3), (text, indent) => {
    skipAll(text)
    skipAll(JSON.stringify(JSON.parse(text), null, indent))
  })
  t.notThrows(() => fc.assert(property, { numRuns: 500 }))
})

test('text that JSON.parse refuses is refused, and no other', t => {
  const soup = fc.array(
    fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"',
      '"a"',
      '1',
      '-0.5e3',
      'true',
      'null',
      ' ',
      '\\',
    ),
    { maxLength: 8 },
  )
  const property = fc.property(soup, tokens => {
    const text = tokens.join('')
    return accepts(() => skipAll(text)) === accepts(() => JSON.parse(text))
  })
  t.notThrows(() => fc.assert(property, { numRuns: 5000 }))
})

function accepts(read: () => unknown): boolean {
  try {
    read()
    return true
  } catch {
    return false
  }
}

test('strings come out as JSON.parse gives them', t => {
  const property = fc.property(fc.string({ unit: 'binary' }), value => {
    for (const text of [JSON.stringify(value), escapeAll(value)]) {
      const reader = new JsonReader(Buffer.from(text))
      reader.string()
      t.is(reader.text(), Buffer.from(value).toString())
    }
  })
  t.notThrows(() => fc.assert(property))
})

function escapeAll(value: string): string {
  const units = Array.from(value).flatMap(character =>
    Array.from({ length: character.length }, (_, i) => character.charCodeAt(i)),
  )
  return `"${units.map(unit => `\\u${unit.toString(16).padStart(4, '0')}`).join('')}"`
}

test('nesting is bounded, and deep text neither recurses nor hangs', t => {
  t.notThrows(() => skipAll('['.repeat(JSON_DEPTH_MAX) + ']'.repeat(JSON_DEPTH_MAX)))
  for (const open of ['[', '{"a":']) {
    t.throws(() => skipAll(open.repeat(1_000_000)), {
      instanceOf: JsonError,
      message: /^not JSON: values nest deeper than 10000 /,
    })
  }
})

test('a byte order mark is passed over', t => {
  t.notThrows(() => skipAll(Buffer.from('\ufeff{}')))
})

test('members and elements are walked one by one', t => {
  const reader = new JsonReader(Buffer.from(' { "a" : [ 1 , "x" ] , "b" : {} } '))
  const seen: string[] = []
  for (let isFirst = true; reader.nextMember(isFirst); isFirst = false) {
    seen.push(reader.text(), reader.describe())
    reader.skip()
  }
  reader.expectEnd()
  t.deepEqual(seen, ['a', 'an array', 'b', 'an object'])
})

test('an end before the end of the bytes is as good as one', t => {
  const lines = Buffer.from('{"a":1}\n{"b":"x\n')
  const reader = new JsonReader(lines)
  reader.end = 7
  reader.skip()
  t.notThrows(() => reader.expectEnd())
  reader.pos = 8
  reader.end = 15
  const message = 'not JSON: string never ends (line 2 column 8) at byte 15'
  t.throws(() => reader.skip(), { instanceOf: JsonError, message })
})

test('a number behind an escaped key is read as it is', t => {
  const reader = new JsonReader(Buffer.from('{"\\u0061":12.5}'))
  t.true(reader.nextMember(true))
  t.is(reader.text(), 'a')
  reader.number()
  t.is(reader.text(), '12.5')
})
