import test from 'ava'
import { untilClosed } from '../../src/queue/until-closed.ts'
import { ManualClock } from '../../src/testing/manual-clock.ts'

test('what fails is done again a second later, and told each time', async t => {
  const clock = new ManualClock()
  const errors: unknown[] = []
  let tries = 0
  const work = async (): Promise<string> => {
    if (++tries < 3) throw new Error(`try ${tries}`)
    return 'done'
  }
  const { signal } = new AbortController()
  const result = untilClosed(work, clock, signal, error => errors.push(error))
  await clock.advance(999)
  t.is(tries, 1)
  await clock.advance(1)
  await clock.advance(1000)
  t.is(await result, 'done')
  t.deepEqual(errors.map(String), ['Error: try 1', 'Error: try 2'])
})

test('closing ends it', async t => {
  const closing = new AbortController()
  const work = (): Promise<never> => Promise.reject(new Error('no'))
  const result = untilClosed(work, new ManualClock(), closing.signal, () => closing.abort())
  t.is(await result, undefined)
})
