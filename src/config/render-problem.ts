import { headline, type Problem } from './problem.ts'

const LINE_CHARS_MAX = 160

/**
 * The headline, then the line of the source with the part that is meant underlined:
 *
 *     config.yaml:12:5: error: exporters::clickhouse: unknown key "endpont"; did you mean "endpoint"?
 *       12 |     endpont: localhost
 *          |     ^^^^^^^
 */
export function renderProblem(problem: Problem): string {
  const { excerpt, line } = problem
  if (!excerpt || line === undefined || excerpt.text.trim() === '') return headline(problem)
  const number = String(line).padStart(4)
  const cut = Math.max(0, excerpt.start - LINE_CHARS_MAX / 2)
  const text = excerpt.text.slice(cut, cut + LINE_CHARS_MAX).replace(/\p{Cc}/gu, visible)
  const start = excerpt.start - cut
  const length = Math.max(1, Math.min(excerpt.length, text.length - start))
  const indent = text.slice(0, start).replace(/[^\t]/g, ' ').padEnd(start)
  return [
    headline(problem),
    `${number} | ${text}`.trimEnd(),
    `${' '.repeat(number.length)} | ${indent}${'^'.repeat(length)}`,
  ].join('\n')
}

/** All problems and, if there are any, a last line that counts them. */
export function renderProblems(problems: readonly Problem[]): string {
  if (problems.length === 0) return ''
  const errors = problems.filter(problem => problem.severity === 'error').length
  const counts = [count(errors, 'error'), count(problems.length - errors, 'warning')]
  return [...problems.map(renderProblem), counts.filter(Boolean).join(', ')].join('\n')
}

function count(n: number, noun: string): string {
  return n === 0 ? '' : `${n} ${noun}${n === 1 ? '' : 's'}`
}

/** Keeps tabs, so that the underline lines up; other control characters could move the cursor. */
function visible(char: string): string {
  return char === '\t' ? char : '?'
}
