import test from 'ava'
import fc from 'fast-check'
import { parseReference, splitReferences } from '../../src/config/references.ts'

const splits = test.macro(
  (t, value: string, expected: (string | [string])[], unclosed?: boolean) => {
    const found = splitReferences(value)
    const segments = found.segments.map(part => ('text' in part ? part.text : [part.reference]))
    t.deepEqual(segments, expected)
    t.is(found.unclosed, unclosed ?? false)
  },
)
test('a whole value', splits, '${env:X}', [['env:X']])
test('a reference between texts', splits, 'a${X}b', ['a', ['X'], 'b'])
test('two references side by side', splits, '${A}${B}', [['A'], ['B']])
test('a reference in a reference', splits, '${env:${X}}', [['env:${X}']])
test('braces that nest', splits, '${yaml:{a: {b: 1}}}', [['yaml:{a: {b: 1}}']])
test('a doubled dollar is one', splits, 'a$$b', ['a$b'])
test('a doubled dollar before a brace is no reference', splits, '$${X}', ['${X}'])
test('three dollars are a dollar and a reference', splits, '$$${X}', ['$', ['X']])
test('a lone dollar stands for itself', splits, 'a$b $', ['a$b $'])
test('an open reference stays text', splits, 'a${X', ['a${X'], true)
test('an empty text', splits, '', [''])

const parses = test.macro((t, inner: string, scheme: string, target: string, fallback?: string) => {
  t.deepEqual(parseReference(inner), { scheme, target, fallback })
})
test('a name alone is an environment variable', parses, 'X', 'env', 'X')
test('a scheme', parses, 'file:/etc/a:b', 'file', '/etc/a:b')
test('a default', parses, 'env:X:-a:-b', 'env', 'X', 'a:-b')
test('a default without a scheme', parses, 'XY:-a', 'env', 'XY', 'a')
test('an empty default', parses, 'env:X:-', 'env', 'X', '')
test('a default within a nested name is not ours', parses, 'env:${A:-B}', 'env', '${A:-B}')
test('only variables have defaults', parses, 'file:a:-b', 'file', 'a:-b')

test('text without a dollar is never changed, and any text is split without an error', t => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('$', '{', '}', 'a', ':', '-') }), value => {
      const { segments } = splitReferences(value)
      const back = segments.map(part => ('text' in part ? part.text : `\${${part.reference}}`))
      return value.includes('$$') || back.join('') === value
    }),
  )
  t.pass()
})
