import test from 'ava'
import { z } from 'zod'
import { checkMapping, valueFor } from '../../src/config/check-mapping.ts'
import { duration, secret } from '../../src/config/fields.ts'
import { parseYaml } from '../../src/config/parse.ts'
import { headline, Problems } from '../../src/config/problem.ts'
import { SchemaView } from '../../src/config/schema-view.ts'
import { SourceText } from '../../src/config/source-text.ts'
import type { ConfigNode } from '../../src/config/tree.ts'

const schema = z.strictObject({
  name: z.string().default('none').meta({ description: 'x' }),
  port: z.number().default(1).meta({ description: 'x' }),
  maybe: z.string().nullable().optional().meta({ description: 'x' }),
  timeout: duration('x', '5s'),
  key: secret('x').optional(),
})

function check(text: string, by: z.ZodType = schema): { value?: unknown; messages: string[] } {
  const problems = new Problems()
  const source = new SourceText('a', text)
  const node = parseYaml(source, problems)
  const checked = checkMapping({ node, key: source.top, path: ['x'] }, by, problems)
  return { ...checked, messages: problems.finish().map(headline) }
}

test('an empty mapping has its defaults', t => {
  const value = { name: 'none', port: 1, timeout: 5000 }
  t.deepEqual(check(''), { value, messages: [] })
  t.deepEqual(check('name:\nport: ~'), { value, messages: [] })
})

test('null is a value only where the schema wants it', t => {
  t.like(check('maybe: null').value, { maybe: null })
})

test('all mistakes of one mapping are told', t => {
  t.deepEqual(check('name: 5\nprot: 1\ntimeout: 5x\n').messages, [
    'a:1:7: error: x::name: expected a string, got the number 5; put it in quotes: "5"',
    'a:2:1: error: x: unknown key "prot"; did you mean "port"?',
    'a:3:10: error: x::timeout: "5x" is not a duration: write it as 200ms, 5s or 1m30s',
  ])
})

test('a check that throws is an error of the component, not a crash', t => {
  const broken = z.strictObject({
    a: secret('x').refine(value => {
      throw new Error(`oops ${value}`)
    }),
  })
  t.deepEqual(check('a: hunter2', broken).messages, [
    'a:1:1: error: x: cannot be checked: Error: oops [REDACTED]',
  ])
})

const place = new SourceText('a', 'x').top
const scalar = (value: string | number | boolean | null, raw: string): ConfigNode => ({
  kind: 'scalar',
  value,
  raw,
  place,
})
const takes = test.macro((t, node: ConfigNode, by: z.ZodType, expected: unknown) => {
  t.deepEqual(valueFor(node, SchemaView.of(by)), expected)
})
test('an expanded number in a text field is its text', takes, scalar(83, '083'), z.string(), '083')
test('in a number field it is a number', takes, scalar(83, '083'), z.number(), 83)
test(
  'where both may stand it is a number',
  takes,
  scalar(5, '5'),
  z.union([z.string(), z.number()]),
  5,
)
test(
  'an expanded bool in an enum of texts is its text',
  takes,
  scalar(true, 'true'),
  z.enum(['true']),
  'true',
)
test('an empty expansion in a text field is empty', takes, scalar(null, ''), z.string(), '')
test('in any other field it is not given', takes, scalar(null, ''), duration('x', '5s'), null)
test(
  'an expanded map in a text field is its text',
  takes,
  { kind: 'map', entries: new Map(), raw: 'a: b', place },
  secret('x'),
  'a: b',
)
