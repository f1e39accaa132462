import test from 'ava'
import { PipelineError } from '#core'
import { Pauses } from '../../../../plugins/receivers/kafka/pauses.ts'

const quick = { initial_interval: 1, max_interval: 1, multiplier: 2, randomization_factor: 0 }
const slow = { ...quick, initial_interval: 1e6, max_interval: 1e6 }

test('pauses are counted', async t => {
  const pauses = new Pauses(quick)
  const { signal } = new AbortController()
  t.is(pauses.count, 0)
  await pauses.pause(signal)
  await pauses.pause(signal, 2)
  t.is(pauses.count, 2)
})

test('a pause ends when the signal aborts, however long it was to be', async t => {
  for (const [options, atLeastMs] of [
    [slow, undefined],
    [quick, 1e6],
  ] as const) {
    const controller = new AbortController()
    const paused = new Pauses(options).pause(controller.signal, atLeastMs)
    controller.abort()
    await t.throwsAsync(paused, { instanceOf: PipelineError })
    await t.throwsAsync(new Pauses(options).pause(controller.signal, atLeastMs))
  }
})
