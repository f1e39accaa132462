import test from 'ava'
import { parseYaml } from '../../src/config/parse.ts'
import { Problems } from '../../src/config/problem.ts'
import { SourceText } from '../../src/config/source-text.ts'
import { entryOf, plainOf } from '../../src/config/tree.ts'

const parses = test.macro((t, text: string, expected: unknown) => {
  const problems = new Problems()
  t.deepEqual(plainOf(parseYaml(new SourceText('a', text), problems)!), expected)
  t.deepEqual(problems.finish(), [])
})
test('scalars have their YAML 1.2 types', parses, '[a, 1, 1.5, true, null, ~, "1", no]', [
  'a',
  1,
  1.5,
  true,
  null,
  null,
  '1',
  'no',
])
test('an empty value is null', parses, 'a:\nb: 1', { a: null, b: 1 })
test('keys are texts', parses, '{1: a, true: b, null: c}', { 1: 'a', true: 'b', null: 'c' })
test('an alias is its anchor', parses, 'a: &x {b: 1}\nc: *x', { a: { b: 1 }, c: { b: 1 } })
test(
  'own keys win over merged ones, whatever their order',
  parses,
  'a: &x {b: 1, c: 1}\nd: {b: 2, <<: *x}\ne: {<<: *x, b: 2}',
  {
    a: { b: 1, c: 1 },
    d: { b: 2, c: 1 },
    e: { b: 2, c: 1 },
  },
)
test('a block text', parses, 'a: |\n  b\n  c\n', { a: 'b\nc\n' })
test('__proto__ is a key like any other', parses, '{__proto__: 1}', { ['__proto__']: 1 })

test('a value knows its place', t => {
  const tree = parseYaml(new SourceText('a', 'a:\n  b: "x"\n'), new Problems())!
  const entry = entryOf(entryOf(tree, 'a')?.node, 'b')!
  t.is(entry.key.source.text.slice(entry.key.start, entry.key.end), 'b')
  t.is(entry.key.source.text.slice(entry.node.place.start, entry.node.place.end), '"x"')
})

test('an empty text is nothing, without a complaint', t => {
  const problems = new Problems()
  t.is(parseYaml(new SourceText('a', '# nothing\n'), problems), undefined)
  t.deepEqual(problems.finish(), [])
})

test('a syntax error gives no tree', t => {
  const problems = new Problems()
  t.is(parseYaml(new SourceText('a', 'a: [1'), problems), undefined)
  t.true(problems.hasErrors)
})
