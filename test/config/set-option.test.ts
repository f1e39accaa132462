import test from 'ava'
import { Problems } from '../../src/config/problem.ts'
import { parseSetOption } from '../../src/config/set-option.ts'
import { plainOf } from '../../src/config/tree.ts'

const sets = test.macro((t, option: string, expected: unknown) => {
  const problems = new Problems()
  t.deepEqual(plainOf(parseSetOption(option, problems)!), expected)
  t.deepEqual(problems.finish(), [])
})
test('keys joined by ::', sets, 'a::b.c::d=1', { a: { 'b.c': { d: 1 } } })
test('keys joined by dots', sets, 'a.b=text', { a: { b: 'text' } })
test('a value with an equals sign', sets, 'a=b=c', { a: 'b=c' })
test('a value that is YAML', sets, 'a.b=[x, {y: 1}]', { a: { b: ['x', { y: 1 }] } })
test('an empty value is null', sets, 'a.b=', { a: { b: null } })

const refuses = test.macro((t, option: string, file: string, message: RegExp) => {
  const problems = new Problems()
  parseSetOption(option, problems)
  const [problem] = problems.finish()
  t.is(problem?.file, file)
  t.is(problem?.line, undefined)
  t.regex(problem!.message, message)
})
test('no equals sign', refuses, 'a::b', '--set a::b', /--set section::component::key=value/)
test('an empty key', refuses, 'a::=1', '--set a::', /--set section::component::key=value/)
test('a value that is no YAML', refuses, 'a.b=[x', '--set a.b', /bracket that opens here/)
