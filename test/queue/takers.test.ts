import test from 'ava'
import { Takers } from '../../src/queue/takers.ts'
import { NEVER } from '../helpers/verdict.ts'

test('those who wait are served in the order they came', async t => {
  const takers = new Takers<string>()
  const both = Promise.all([takers.wait(NEVER), takers.wait(NEVER)])
  t.is(takers.count, 2)
  t.true(takers.give('a'))
  t.true(takers.give('b'))
  t.deepEqual(await both, ['a', 'b'])
  t.is(takers.count, 0)
})

test('nobody waits: nothing is given', t => {
  t.false(new Takers<string>().give('a'))
})

test('one that leaves gets nothing, and the next one gets what is given', async t => {
  const takers = new Takers<string>()
  const first = new AbortController()
  const left = takers.wait(first.signal)
  const stays = takers.wait(NEVER)
  first.abort()
  t.is(await left, undefined)
  t.true(takers.give('a'))
  t.is(await stays, 'a')
})

test('one that has left already does not wait', async t => {
  const takers = new Takers<string>()
  t.is(await takers.wait(AbortSignal.abort()), undefined)
  t.is(takers.count, 0)
})

test('at the end everybody goes away with nothing', async t => {
  const takers = new Takers<string>()
  const both = Promise.all([takers.wait(NEVER), takers.wait(NEVER)])
  takers.end()
  t.deepEqual(await both, [undefined, undefined])
  t.false(takers.give('a'))
})
