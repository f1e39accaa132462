import test from 'ava'
import { LanePool } from '../../src/kafka/lane-pool.ts'

test('the lane that was idle longest comes first', async t => {
  const pool = new LanePool(['a', 'b'])
  const first = await pool.take()
  pool.release(first)
  t.deepEqual([first, await pool.take(), await pool.take()], ['a', 'b', 'a'])
})

test('whoever comes first is served first, but for those who want another one', async t => {
  const pool = new LanePool(['a', 'b'])
  await pool.take()
  await pool.take()
  const served: string[] = []
  const takes = [pool.take('b'), pool.take(), pool.take('a')].map(async (take, i) => {
    served.push(`${i} ${await take}`)
  })
  pool.release('a')
  pool.release('a')
  pool.release('b')
  await Promise.all(takes)
  t.deepEqual(served.sort(), ['0 b', '1 a', '2 a'])
})

test('one lane in particular is waited for while others are idle', async t => {
  const pool = new LanePool(['a', 'b'])
  t.is(await pool.take('b'), 'b')
  const again = pool.take('b')
  t.is(await pool.take(), 'a')
  pool.release('b')
  t.is(await again, 'b')
})

test('a closed pool gives nothing, nor to those who wait', async t => {
  const pool = new LanePool(['a'])
  await pool.take()
  const waiting = pool.take()
  const reason = new Error('closed')
  pool.close(reason)
  t.is(await t.throwsAsync(waiting), reason)
  t.is(await t.throwsAsync(pool.take()), reason)
})
