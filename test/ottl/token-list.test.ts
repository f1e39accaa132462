import test from 'ava'
import { TokenList } from '../../src/ottl/token-list.ts'

test('tokens are taken one after the other, and the end stays', t => {
  const tokens = new TokenList('not "not"')
  t.true(tokens.takes('not'))
  // A string is no word, whatever it says.
  t.false(tokens.takes('"not"'))
  t.is(tokens.takeKind('string', 'a string').text, '"not"')
  t.is(tokens.take().kind, 'end')
  t.is(tokens.take().kind, 'end')
})

test('what must come and does not is an error that says where', t => {
  const tokens = new TokenList('a b')
  t.throws(() => tokens.expect(')'), { message: 'at character 1: expected ), not a' })
  tokens.take()
  t.throws(() => tokens.takeKind('int', 'a number'), {
    message: 'at character 3: expected a number, not b',
  })
  tokens.take()
  t.throws(() => tokens.expect(')'), { message: 'at character 4: expected ), not the end' })
})
