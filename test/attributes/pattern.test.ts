import test from 'ava'
import { compilePattern } from '../../src/attributes/pattern.ts'

test('patterns are RE2: inline flags and (?P<name>) groups as in Go', t => {
  const pattern = compilePattern('(?i)user=(?P<user>\\w+)(;(?P<role>\\w+))?')
  t.deepEqual(pattern.groups, ['user', '', 'role'])
  t.deepEqual(pattern.capture('x USER=Bob;admin'), ['Bob', ';admin', 'admin'])
  t.deepEqual(pattern.capture('user=bob'), ['bob', '', ''])
  t.is(pattern.capture('nobody'), undefined)
  t.true(pattern.test('id=1 user=x'))
})

const refused = test.macro({
  exec(t, source: string, message: RegExp) {
    t.throws(() => compilePattern(source), { name: 'PatternError', message })
  },
  title: (_, source: string) => `refused: ${source.slice(0, 20)}`,
})

test(refused, '(?=look)', /"\(\?=look\)" is not a regular expression in RE2 syntax/)
test(refused, '(a', /missing closing \)/)
test(refused, '\\1', /RE2 syntax/)
test(refused, 'a'.repeat(5000), /pattern has 5000 characters, at most 4096 are taken/)

test('a pattern that makes backtracking engines hang is answered at once', t => {
  const started = process.cpuUsage()
  t.false(compilePattern('^(a+)+$').test(`${'a'.repeat(20_000)}!`))
  const { user } = process.cpuUsage(started)
  t.true(user < 20_000_000, `${user} us of CPU`)
})
