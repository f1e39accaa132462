import test from 'ava'
import type { AnyValue } from '../../src/batch/any-value.ts'
import { isMatch } from '../../src/ottl/is-match.ts'
import { sampleLogs } from '../../src/testing/index.ts'

const row = sampleLogs(['x']).cursor()
const matches = (value: AnyValue, pattern: string): boolean => isMatch(() => value, pattern, 0)(row)

test('anywhere in the text', t => {
  t.true(matches('GET /health', 'health$'))
  t.true(matches('Error', '(?i)^error$'))
  t.false(matches('GET /', 'health'))
})

test('other values by their text, and nil never', t => {
  t.true(matches(404n, '^4..$'))
  t.true(matches(true, 'true'))
  t.true(matches(Buffer.from([1, 255]), '^01ff$'))
  t.true(matches(['a'], 'a'))
  t.false(matches(undefined, ''))
})

test('a pattern that is none says where', t => {
  t.throws(() => isMatch(() => 'x', '(', 7), {
    message: /^at character 8: "\(" is not a regular expression in RE2 syntax/,
  })
})
