import test from 'ava'
import { mergeNodes, nestKeys } from '../../src/config/merge.ts'
import { parseYaml } from '../../src/config/parse.ts'
import { Problems } from '../../src/config/problem.ts'
import { SourceText } from '../../src/config/source-text.ts'
import { type ConfigNode, entryOf, type MapNode, plainOf } from '../../src/config/tree.ts'

function tree(text: string, name = 'a.yaml'): ConfigNode {
  return parseYaml(new SourceText(name, text), new Problems())!
}

const merges = test.macro((t, earlier: string, later: string, expected: unknown) => {
  t.deepEqual(plainOf(mergeNodes(tree(earlier), tree(later))), expected)
})
test('maps merge deep', merges, '{a: {b: 1, c: 2}}', '{a: {c: 3, d: 4}}', {
  a: { b: 1, c: 3, d: 4 },
})
test('lists are replaced', merges, '{a: [1, 2]}', '{a: [3]}', { a: [3] })
test('null deletes an earlier map', merges, '{a: {b: 1}}', '{a: }', { a: null })
test('an empty map keeps it', merges, '{a: {b: 1}}', '{a: {}}', { a: { b: 1 } })
test('a map replaces a value', merges, '{a: 1}', '{a: {b: 1}}', { a: { b: 1 } })
test('new keys come last', merges, '{a: 1}', '{b: 2}', { a: 1, b: 2 })
test('__proto__ is a key like any other', merges, '{a: 1}', '{__proto__: {x: 1}}', {
  a: 1,
  ['__proto__']: { x: 1 },
})

test('a replaced value lies where it was written last, a map where it was written first', t => {
  const merged = mergeNodes(tree('{a: {b: 1}}', 'one'), tree('{a: {b: 2}}', 'two'))
  const a = entryOf(merged, 'a')!
  t.is(a.key.source.name, 'one')
  t.is(entryOf(a.node, 'b')?.key.source.name, 'two')
})

test('keys joined by :: nest, and meet those that are nested already', t => {
  const nested = nestKeys(tree('{"a::b::c": 1, a: {b: {d: 2}}}') as MapNode)
  t.deepEqual(plainOf(nested), { a: { b: { c: 1, d: 2 } } })
})
