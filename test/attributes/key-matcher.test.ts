import test from 'ava'
import { KeyMatcher } from '../../src/attributes/key-matcher.ts'
import { compilePattern } from '../../src/attributes/pattern.ts'

test('a pattern is asked once per key, and a flood of keys does not stay in memory', t => {
  const asked: string[] = []
  const pattern = compilePattern('^http')
  const matcher = new KeyMatcher({
    ...pattern,
    test: text => {
      asked.push(text)
      return pattern.test(text)
    },
  })
  for (let i = 0; i < 3; i++) {
    t.true(matcher.matches('http.route'))
    t.false(matcher.matches('user'))
  }
  t.deepEqual(asked, ['http.route', 'user'])
  for (let i = 0; i < 5000; i++) matcher.matches(`key${i}`)
  t.true(matcher.matches('http.route'))
  t.is(asked.filter(key => key === 'http.route').length, 2)
})
