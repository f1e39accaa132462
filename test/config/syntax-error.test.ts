import test from 'ava'
import { parseDocument } from 'yaml'
import { explainSyntax } from '../../src/config/syntax-error.ts'

const explains = test.macro((t, text: string, at: string, message: RegExp) => {
  const document = parseDocument(text, { prettyErrors: false })
  const explained = explainSyntax(document.errors[0]!, document, text)
  t.regex(explained.message, message)
  t.is(text.slice(explained.start, explained.start + at.length), at)
})
test('an open quote is told where it opens', explains, 'a: 1\nb: "x\n', '"x', /quote that opens/)
test('the innermost open bracket is told', explains, 'a: [1, {b: 2', '{b', /bracket that opens/)
test('a tab', explains, 'a:\n\tb: 1\n', '\tb', /a tab cannot indent/)
test(
  'a wrong indentation is told at the key',
  explains,
  'a:\n   b: 1\n  c: 2\n',
  'c:',
  /wrong indentation/,
)
test('an error without words of ours keeps its own', explains, 'a: "\\q"', '\\q', /Invalid escape/)
