import test from 'ava'
import { compileCondition } from '../../src/ottl/condition.ts'
import { OttlError } from '../../src/ottl/ottl-error.ts'
import { holdsFor } from '../helpers/ottl-record.ts'

test('and binds more than or, and not more than both', t => {
  const values = { yes: 'true == true', no: 'true == false' }
  const holds = (text: string): boolean =>
    holdsFor(text.replaceAll(/yes|no\b/g, name => values[name as keyof typeof values]))
  t.true(holds('yes or no and no'))
  t.false(holds('(yes or no) and no'))
  t.true(holds('not no and yes'))
  t.false(holds('not (no or yes)'))
  t.true(holds('no or no or yes'))
  t.false(holds('yes and yes and no'))
  t.true(holds('((yes))'))
})

test('true, false and a function stand by themselves', t => {
  t.true(holdsFor('true'))
  t.false(holdsFor('not true'))
  t.true(holdsFor('IsMatch(log.body["user"]["name"], "^a") and not false'))
  t.true(holdsFor('IsMatch(log.severity_text, "ERR") == true'))
})

const refused = test.macro((t, text: string, at: number, message: RegExp) => {
  const error = t.throws(() => compileCondition(text), { instanceOf: OttlError, message })
  t.true(error.message.startsWith(`at character ${at}: `), error.message)
})
test('nothing', refused, '', 1, /expected a path such as log\.body, .* not the end/)
test('half a comparison', refused, 'log.body ==', 12, /not the end/)
test('a path by itself', refused, 'log.body', 9, /one of == != < <= > >=, not the end/)
test('two conditions', refused, 'true true', 6, /expected and, or, or the end, not true/)
test('an open bracket', refused, '(true', 6, /expected \), not the end/)
test('two negations', refused, 'not not true', 5, /not not/)
test('a statement', refused, 'set(log.body, "x")', 1, /set\(\) is not known here/)
test('too deep', refused, `${'('.repeat(101)}true`, 101, /over 100 brackets deep/)
test('too long', refused, `true ${' '.repeat(20_000)}`, 16_385, /at most 16384 characters/)

test('brackets side by side are not deep', t => {
  t.true(holdsFor(Array.from({ length: 300 }, () => '(true)').join(' and ')))
})
