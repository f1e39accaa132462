import test from 'ava'
import { hash } from 'bcryptjs'
import { UserCheck } from '../../../../plugins/extensions/basicauth/user-check.ts'

test('known users with their password, and nobody else', async t => {
  const users = new UserCheck()
  users.replace(new Map([['a', 'one']]))
  t.true(await users.check('a', 'one'))
  t.false(await users.check('a', 'two'))
  t.false(await users.check('b', 'one'))
  t.false(await users.check('', ''))
})

test('nobody is let in before there are users', async t => {
  t.false(await new UserCheck().check('', ''))
})

test('a slow hash is computed once for a sender', async t => {
  let nowMs = 0
  const users = new UserCheck(() => nowMs)
  users.replace(new Map([['a', await hash('one', 4)]]))
  t.true(await users.check('a', 'one'))
  // Even a full house of others, each with a check under way, does not keep the known one out.
  const others = Array.from({ length: 8 }, (_, i) => users.check('a', `wrong ${i}`))
  t.true(await users.check('a', 'one'))
  t.like(await users.check('a', 'one more'), { denied: 'unavailable' })
  t.deepEqual(await Promise.all(others), Array(8).fill(false))
  nowMs = 5 * 60_000
  const again = Array.from({ length: 8 }, (_, i) => users.check('a', `wrong ${i}`))
  t.like(await users.check('a', 'one'), { denied: 'unavailable' })
  await Promise.all(again)
})

test('what was right is forgotten with the users it was right for', async t => {
  const users = new UserCheck()
  users.replace(new Map([['a', await hash('one', 4)]]))
  t.true(await users.check('a', 'one'))
  users.replace(new Map([['a', await hash('two', 4)]]))
  t.false(await users.check('a', 'one'))
  t.true(await users.check('a', 'two'))
})
