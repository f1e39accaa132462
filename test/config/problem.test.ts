import test from 'ava'
import { ConfigError, headline, Problems, problemAt } from '../../src/config/problem.ts'
import { SourceText } from '../../src/config/source-text.ts'

test('problems come in the order of the sources and their lines, each once', t => {
  const problems = new Problems()
  const [a, b] = [new SourceText('a', 'one\ntwo'), new SourceText('b', 'three')]
  problems.error(a.place(4, 7), ['x'], 'second')
  problems.warn(b.place(0, 5), [], 'third')
  problems.error(a.place(0, 3), [], 'first', 'one')
  problems.error(a.place(4, 7), ['x'], 'second')
  t.true(problems.hasErrors)
  t.deepEqual(problems.finish().map(headline), [
    'a:1:1: error: first; did you mean "one"?',
    'a:2:1: error: x: second',
    'b:1:1: warning: third',
  ])
})

test('warnings alone are no errors', t => {
  const problems = new Problems()
  problems.warn(new SourceText('a', '').top, [], 'careful')
  t.false(problems.hasErrors)
})

test('an excerpt never shows a secret that was found later', t => {
  const problems = new Problems()
  const source = new SourceText('a', '{x: 1, y: hunter2}')
  problems.error(source.place(4, 5), [], 'wrong')
  source.secrets.push({ start: 10, end: 17 })
  t.deepEqual(problems.finish()[0]?.excerpt, { text: '{x: 1, y: [REDACTED]}', start: 4, length: 1 })
})

test('a config error tells the first error and how many there are', t => {
  const first = problemAt('--role', ['service', 'roles'], 'unknown role', 'consumer')
  const warning = { ...first, severity: 'warning' } as const
  const error = new ConfigError([warning, first, first])
  t.is(
    error.message,
    '--role: error: service::roles: unknown role; did you mean "consumer"? (and 1 more)',
  )
  t.is(error.problems.length, 3)
})
