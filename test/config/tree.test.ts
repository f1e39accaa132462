import test from 'ava'
import { parseYaml } from '../../src/config/parse.ts'
import { Problems } from '../../src/config/problem.ts'
import { SourceText } from '../../src/config/source-text.ts'
import { describeNode, nearestPlace, nodeAt, pathText, shorten } from '../../src/config/tree.ts'

const source = new SourceText('a', 'a:\n  - b: 1\n    c: [x, y]\nd:\n')
const tree = parseYaml(source, new Problems())!

test('a path leads through maps and lists, or nowhere', t => {
  const node = nodeAt(tree, ['a', 0, 'c', 1])
  t.is(node?.kind === 'scalar' ? node.value : undefined, 'y')
  t.is(nodeAt(tree, ['a', 5, 'c']), undefined)
  t.is(nodeAt(tree, ['d', 'x']), undefined)
  t.is(pathText(['a', 0, 'c']), 'a::0::c')
})

test('the nearest place is that of the last key that exists', t => {
  const at = (path: (string | number)[]) => {
    const { start, end } = nearestPlace(tree, source.top, path)
    return source.text.slice(start, end)
  }
  t.is(at(['a', 0, 'b']), 'b')
  t.is(at(['a', 0, 'c', 1]), 'y')
  t.is(at(['d', 'missing', 'too']), 'd')
})

test('values are named in messages, secrets only by their type', t => {
  const name = (text: string, hidden = false) =>
    describeNode(parseYaml(new SourceText('a', text), new Problems())!, hidden)
  t.is(name('abc'), 'the string "abc"')
  t.is(name('.nan'), 'the number NaN')
  t.is(name('abc', true), 'the string')
  t.is(name('[]'), 'a list')
  t.is(name('{}'), 'a map')
  t.is(name('~'), 'nothing')
  t.is(shorten('x'.repeat(100)).length, 83)
})
