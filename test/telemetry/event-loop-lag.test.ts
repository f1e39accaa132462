import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { EventLoopLag } from '../../src/telemetry/event-loop-lag.ts'

test('a window that has ended stays readable until the next one ends', t => {
  const histogram = {
    count: 5,
    mean: 30e6,
    max: 520e6,
    percentile: (p: number) => (p === 99 ? 120e6 : 19e6),
    reset() {
      this.count = 0
    },
  }
  const lag = new EventLoopLag(60_000, histogram)
  t.teardown(() => lag.stop())
  lag.rotate()
  t.is(histogram.count, 0)
  const { mean, p50, p99, max } = lag.get()
  t.is(p50, 0)
  t.deepEqual(
    [mean, p99, max].map(seconds => seconds.toFixed(3)),
    ['0.010', '0.100', '0.500'],
  )
})

test('a blocked event loop is seen', async t => {
  const lag = new EventLoopLag()
  t.teardown(() => lag.stop())
  await sleep(50)
  const until = performance.now() + 200
  while (performance.now() < until);
  await sleep(50)
  t.true(lag.get().max > 0.1, `max was ${lag.get().max}`)
})
