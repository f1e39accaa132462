import test from 'ava'
import { Problems } from '../../src/config/problem.ts'
import { renderProblem, renderProblems } from '../../src/config/render-problem.ts'
import { SourceText } from '../../src/config/source-text.ts'

function render(text: string, start: number, end: number): string[] {
  const problems = new Problems()
  problems.error(new SourceText('a', text).place(start, end), [], 'wrong')
  return renderProblem(problems.finish()[0]!).split('\n').slice(1)
}

test('the underline stands below its part', t => {
  t.deepEqual(render('a: bcd', 3, 6), ['   1 | a: bcd', '     |    ^^^'])
})

test('a tab before it stays a tab, so that it lines up', t => {
  t.deepEqual(render('a:\tbcd', 3, 6), ['   1 | a:\tbcd', '     |   \t^^^'])
})

test('a part of several lines is underlined on its first', t => {
  t.deepEqual(render('a: |\n  b', 3, 8), ['   1 | a: |', '     |    ^'])
})

test('control characters do not reach the terminal', t => {
  t.deepEqual(render('a: \u001b[31m', 0, 1), ['   1 | a: ?[31m', '     | ^'])
})

test('a long line is cut around its part', t => {
  const [line, underline] = render(`${'x'.repeat(500)}HERE${'y'.repeat(500)}`, 500, 504)
  t.true(line!.length < 200)
  t.is(line!.slice(underline!.indexOf('^'), underline!.lastIndexOf('^') + 1), 'HERE')
})

test('the end counts what there was', t => {
  const problems = new Problems()
  const { top } = new SourceText('a', '')
  problems.error(top, [], 'one')
  problems.warn(top, [], 'two')
  problems.warn(top, [], 'three')
  t.is(renderProblems(problems.finish()).split('\n').at(-1), '1 error, 2 warnings')
  t.is(renderProblems([]), '')
})
