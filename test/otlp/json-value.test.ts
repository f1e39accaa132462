import test from 'ava'
import fc from 'fast-check'
import { type AnyValue, readAnyValue } from '../../src/batch/any-value.ts'
import { JSON_VALUE_DEPTH_MAX, writeJsonValue } from '../../src/otlp/json-value.ts'
import { JsonError } from '../../src/wire/json-error.ts'
import { JsonReader } from '../../src/wire/json-reader.ts'
import { Writer } from '../../src/wire/writer.ts'

function valueOf(json: string): AnyValue {
  const out = new Writer(16)
  // No payload begins at byte 0 in a batch.
  out.varint(0)
  writeJsonValue(new JsonReader(Buffer.from(json)), out)
  return readAnyValue(out.bytes, 1, out.pos)
}

/** What a JSON value is as an AnyValue, by JSON.parse. */
function expected(value: unknown): AnyValue {
  if (Array.isArray(value)) return value.map(expected)
  if (typeof value === 'object' && value !== null) {
    return new Map(Object.entries(value).map(([key, inner]) => [key, expected(inner)]))
  }
  if (typeof value === 'number') return /^-?\d+$/.test(String(value)) ? BigInt(value) : value
  return value === null ? undefined : (value as string | boolean)
}

test('any JSON is the same value as an AnyValue', t => {
  const leaf = fc.oneof(
    fc.string(),
    fc.boolean(),
    fc.constant(null),
    fc.maxSafeInteger(),
    fc.double({ noInteger: true, noNaN: true, noDefaultInfinity: true }),
  )
  const { tree } = fc.letrec(tie => ({
    tree: fc.oneof(
      { maxDepth: 5 },
      leaf,
      fc.array(tie('tree'), { maxLength: 4 }),
      fc.dictionary(fc.string(), tie('tree'), { maxKeys: 4 }),
    ),
  }))
  fc.assert(
    fc.property(tree, value => {
      const json = JSON.stringify(value)
      t.deepEqual(valueOf(json), expected(JSON.parse(json)))
    }),
  )
})

for (const [json, value] of [
  ['9223372036854775807', 2n ** 63n - 1n],
  ['-9223372036854775808', -(2n ** 63n)],
  ['9223372036854775808', '9223372036854775808'],
  ['-9223372036854775809', '-9223372036854775809'],
  ['1e400', '1e400'],
  ['-1e400', '-1e400'],
  ['1.0', 1],
  ['-0', 0n],
  ['"\\u0041\\n"', 'A\n'],
] as const) {
  test(`${json} is ${typeof value} ${value}`, t => t.is(valueOf(json), value))
}

test('nests no deeper than every later reader can go', t => {
  const nested = (depth: number): string => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`
  t.notThrows(() => valueOf(nested(JSON_VALUE_DEPTH_MAX)))
  const error = t.throws(() => valueOf(nested(JSON_VALUE_DEPTH_MAX + 1)), { instanceOf: JsonError })
  t.false(error?.isSyntax)
})

for (const json of ['', 'nope', '{"a"}', '[1,]', '{"a":01}']) {
  test(`${JSON.stringify(json)} is a syntax error`, t => {
    const error = t.throws(() => valueOf(json), { instanceOf: JsonError })
    t.true(error?.isSyntax)
  })
}
