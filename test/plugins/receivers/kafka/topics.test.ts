import test from 'ava'
import { subscriptionOf } from '../../../../plugins/receivers/kafka/topics.ts'

test('a name is a name, whatever is in it', t => {
  t.deepEqual(subscriptionOf(['a.b', 'c'], ['^c']), ['a.b', 'c'])
})

test('a pattern leaves out what is excluded, by name and by pattern', t => {
  const [pattern] = subscriptionOf(['^logs\\..*'], ['logs.a', '^logs\\.int', 'logs.x+y'])
  const matches = (name: string): boolean => (pattern as RegExp).test(name)
  t.true(matches('logs.b'))
  t.true(matches('logs.ab'))
  t.true(matches('logs.xxy'))
  t.false(matches('logs.a'))
  t.false(matches('logs.internal'))
  t.false(matches('other.b'))
})
