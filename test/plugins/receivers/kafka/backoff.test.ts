import test from 'ava'
import { PipelineError } from '#core'
import { pause, pauseMs } from '../../../../plugins/receivers/kafka/backoff.ts'

const pauses = {
  initial_interval: 100,
  max_interval: 1000,
  multiplier: 2,
  randomization_factor: 0.5,
}

test('pauses grow up to the longest', t => {
  const middle = (): number => 0.5
  const grown = [0, 1, 2, 3, 4, 40].map(failures => pauseMs(pauses, failures, 0, middle))
  t.deepEqual(grown, [100, 200, 400, 800, 1000, 1000])
})

test('pauses spread out, and keep to what the next stage asks for', t => {
  t.is(
    pauseMs(pauses, 0, 0, () => 0),
    50,
  )
  t.is(
    pauseMs(pauses, 0, 0, () => 1),
    150,
  )
  t.is(
    pauseMs(pauses, 0, 5000, () => 1),
    5000,
  )
})

test('a pause ends when the signal aborts', async t => {
  const slow = { ...pauses, initial_interval: 1e6, max_interval: 1e6 }
  const controller = new AbortController()
  const paused = pause(slow, 0, undefined, controller.signal)
  controller.abort()
  await t.throwsAsync(paused, { instanceOf: PipelineError })
  await t.throwsAsync(pause(slow, 0, undefined, controller.signal))
  await pause({ ...pauses, initial_interval: 1 }, 0, undefined, new AbortController().signal)
})
