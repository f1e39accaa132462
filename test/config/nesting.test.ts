import test from 'ava'
import { NESTING_MAX, tooDeeplyNested } from '../../src/config/nesting.ts'

const judges = test.macro((t, text: string, deep: boolean) => {
  t.is(tooDeeplyNested(text) !== undefined, deep)
})
test('an ordinary config is not deep', judges, 'a:\n  b: [{c: [1]}]\n', false)
test('brackets up to the limit', judges, '['.repeat(NESTING_MAX), false)
test('brackets above the limit', judges, '['.repeat(NESTING_MAX + 1), true)
test('closed brackets do not count', judges, '[]'.repeat(500), false)
test('each key of the top level starts anew', judges, 'a: "["\n'.repeat(500), false)
test('lists in lists on one line', judges, '- '.repeat(NESTING_MAX + 1), true)
test('indentation beyond reason', judges, `a:\n${' '.repeat(NESTING_MAX * 4)}b:`, true)
