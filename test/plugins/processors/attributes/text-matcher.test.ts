import test from 'ava'
import { textMatcher } from '../../../../plugins/processors/attributes/text-matcher.ts'

test('strict compares whole texts, regexp finds anywhere', t => {
  const strict = textMatcher(['a.c', 'x'], { match_type: 'strict' })
  t.deepEqual(['a.c', 'abc', 'x', 'xx'].map(strict), [true, false, true, false])
  const regexp = textMatcher(['a.c', '^x$'], { match_type: 'regexp' })
  t.deepEqual(['a.c', '_abc_', 'x', 'xx'].map(regexp), [true, true, true, false])
})

test('remembered verdicts are those that matching gives, however many texts come', t => {
  const options = { cacheenabled: true, cachemaxnumentries: 3 }
  const matches = textMatcher(['^a+$'], { match_type: 'regexp', regexp: options })
  const texts = Array.from({ length: 200 }, (_, i) => (i % 3 === 0 ? 'b' : 'a').repeat(i % 11))
  for (const text of [...texts, 'a'.repeat(5000)]) t.is(matches(text), /^a+$/.test(text))
})
