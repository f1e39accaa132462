import test from 'ava'
import type { RetryConfig } from '../../src/export/config.ts'
import { Retry } from '../../src/export/retry.ts'
import { PipelineError } from '../../src/plugin/pipeline-error.ts'
import { LogSink } from '../../src/testing/log-sink.ts'
import { ManualClock, settle } from '../../src/testing/manual-clock.ts'
import { sampleLogs } from '../../src/testing/sample-logs.ts'
import { NEVER, type Verdict, watch } from '../helpers/verdict.ts'

const CONFIG: RetryConfig = {
  enabled: true,
  initial_interval: 1000,
  randomization_factor: 0,
  multiplier: 2,
  max_interval: 5000,
  max_elapsed_time: 0,
}

interface Bench {
  readonly sink: LogSink
  readonly clock: ManualClock
  readonly stopping: AbortController
  /** When each try was made, by the clock. */
  readonly triesAt: number[]
  /** The waits that were announced. */
  readonly waits: number[]
  /** What every try ends with; undefined = success. */
  failure: unknown
  readonly send: (signal?: AbortSignal) => Verdict
}

function createBench(config: Partial<RetryConfig> = {}, senderWaits = false): Bench {
  const sink = new LogSink()
  const clock = new ManualClock()
  const stopping = new AbortController()
  const waits: number[] = []
  const retry = new Retry(sink, {
    config: { ...CONFIG, ...config },
    clock,
    random: () => 0.5,
    stopping: stopping.signal,
    senderWaits,
    onRetry: (_batch, _error, waitMs) => void waits.push(waitMs),
  })
  const bench: Bench = {
    sink,
    clock,
    stopping,
    triesAt: [],
    waits,
    failure: undefined,
    send: (signal = NEVER) => watch(retry.consume(sampleLogs(['a']), signal)),
  }
  sink.before = () => {
    bench.triesAt.push(clock.now())
    if (bench.failure !== undefined) throw bench.failure
  }
  return bench
}

const busy = PipelineError.retryable('busy')

test('a sender that waits is sent back before its own timeout, with the wait that would follow', async t => {
  const bench = createBench({ initial_interval: 2000 }, true)
  bench.failure = busy
  const sent = bench.send()
  await bench.clock.advance(60_000)
  t.is(sent.text, 'retryable unavailable')
  t.deepEqual(bench.triesAt, [0, 2000, 6000])
  t.is(sent.error?.retryAfterMs, 5000)
})

test('every try of a batch carries the same identity, also of one that came without', async t => {
  const bench = createBench()
  const origins: unknown[] = []
  bench.sink.before = batch => {
    origins.push(batch.origin)
    if (origins.length < 3) throw busy
  }
  bench.send()
  await bench.clock.advance(60_000)
  t.is(origins.length, 3)
  t.truthy(origins[0])
  t.is(new Set(origins).size, 1)
})

test('a success is not repeated', async t => {
  const bench = createBench()
  const sent = bench.send()
  await bench.clock.advance(60_000)
  t.deepEqual([sent.text, bench.triesAt, bench.waits], ['ok', [0], []])
})

test('a permanent failure ends it at once', async t => {
  const bench = createBench()
  bench.failure = PipelineError.permanent('bad', { reason: 'refused' })
  const sent = bench.send()
  await bench.clock.advance(60_000)
  t.deepEqual([sent.text, bench.triesAt], ['permanent refused', [0]])
})

test('a permanent failure after retryable ones ends it too', async t => {
  const bench = createBench()
  bench.failure = busy
  const sent = bench.send()
  await settle()
  bench.failure = PipelineError.permanent('bad', { reason: 'refused' })
  await bench.clock.advance(60_000)
  t.deepEqual([sent.text, bench.triesAt], ['permanent refused', [0, 1000]])
})

test('waits grow by the multiplier up to max_interval, and go on for ever', async t => {
  const bench = createBench()
  bench.failure = busy
  const sent = bench.send()
  await bench.clock.advance(22_000)
  t.deepEqual(bench.triesAt, [0, 1000, 3000, 7000, 12_000, 17_000, 22_000])
  t.is(sent.text, 'pending')
  bench.failure = undefined
  await bench.clock.advance(5000)
  t.is(sent.text, 'ok')
})

test('every wait is announced', async t => {
  const bench = createBench()
  bench.failure = busy
  bench.send()
  await bench.clock.advance(3000)
  t.deepEqual(bench.waits, [1000, 2000, 4000])
})

test('an unknown exception is tried again: it is our fault, not the data', async t => {
  const bench = createBench()
  bench.failure = new TypeError('x is not a function')
  const sent = bench.send()
  await settle()
  bench.failure = undefined
  await bench.clock.advance(1000)
  t.deepEqual([sent.text, bench.triesAt], ['ok', [0, 1000]])
})

const waitsAsAsked = test.macro(async (t, retryAfterMs: number, triesAt: number[]) => {
  const bench = createBench()
  bench.failure = PipelineError.retryable('busy', { retryAfterMs })
  bench.send()
  await bench.clock.advance(triesAt.at(-1)!)
  t.deepEqual(bench.triesAt, triesAt)
})
test('the destination can ask for a longer wait', waitsAsAsked, 8000, [0, 8000, 16_000])
test('the destination cannot ask for a shorter one', waitsAsAsked, 10, [0, 1000, 3000])

const givesUp = test.macro(
  async (t, maxElapsedMs: number, retryAfterMs: number | undefined, triesAt: number[]) => {
    const bench = createBench({ max_elapsed_time: maxElapsedMs })
    bench.failure = PipelineError.retryable('busy', {
      code: 'resource_exhausted',
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    })
    const sent = bench.send()
    await bench.clock.advance(60_000)
    t.is(sent.text, 'retryable retries_exhausted')
    t.deepEqual(bench.triesAt, triesAt)
    const lastMs = triesAt.at(-1)
    const limit = `max_elapsed_time is ${maxElapsedMs}ms`
    t.like(sent.error, {
      message: `gave up after ${lastMs}ms, ${limit}: busy`,
      code: 'resource_exhausted',
      cause: bench.failure,
    })
    t.is(sent.error?.retryAfterMs, retryAfterMs)
  },
)
test(
  'a try that would come after max_elapsed_time is not made',
  givesUp,
  6999,
  undefined,
  [0, 1000, 3000],
)
test('a try right at max_elapsed_time is made', givesUp, 7000, undefined, [0, 1000, 3000, 7000])
test('who asks for a wait beyond max_elapsed_time is not asked again', givesUp, 5000, 5001, [0])

test('a sender that leaves ends the wait with the last failure', async t => {
  const bench = createBench()
  bench.failure = busy
  const sender = new AbortController()
  const sent = bench.send(sender.signal)
  await settle()
  sender.abort()
  await settle()
  t.is(sent.error, busy)
  t.deepEqual([bench.triesAt, bench.clock.pending], [[0], 0])
})

test('a sender that leaves during a try gets its outcome and no other try', async t => {
  const bench = createBench()
  const sender = new AbortController()
  bench.sink.before = () => {
    bench.triesAt.push(bench.clock.now())
    sender.abort()
    throw busy
  }
  const sent = bench.send(sender.signal)
  await bench.clock.advance(60_000)
  t.is(sent.error, busy)
  t.deepEqual(bench.triesAt, [0])
})

const lastTry = test.macro(async (t, failure: unknown, verdict: string) => {
  const bench = createBench()
  bench.failure = PipelineError.retryable('busy', { retryAfterMs: 3_600_000 })
  const sent = bench.send()
  await bench.clock.advance(10_000)
  bench.failure = failure
  bench.stopping.abort()
  await settle()
  t.deepEqual([sent.text, bench.triesAt], [verdict, [0, 10_000]])
  t.is(bench.clock.pending, 0)
})
test('a stop ends the wait, and the last try can succeed', lastTry, undefined, 'ok')
test('a stop ends the wait, and the last try is the last', lastTry, busy, 'retryable unavailable')

test('a try that is on its way when the stop comes is followed by one more', async t => {
  const bench = createBench()
  bench.sink.before = () => {
    bench.triesAt.push(bench.clock.now())
    bench.stopping.abort()
    throw busy
  }
  const sent = bench.send()
  await settle()
  t.deepEqual([sent.text, bench.triesAt], ['retryable unavailable', [0, 0]])
})

test('a stop that comes during a try overrules max_elapsed_time: one more is made', async t => {
  const bench = createBench({ max_elapsed_time: 500 })
  bench.sink.before = () => {
    bench.triesAt.push(bench.clock.now())
    bench.stopping.abort()
    if (bench.triesAt.length === 1) throw busy
  }
  const sent = bench.send()
  await settle()
  t.deepEqual([sent.text, bench.triesAt], ['ok', [0, 0]])
})

test('what comes in after the stop is tried once', async t => {
  const bench = createBench()
  bench.stopping.abort()
  bench.failure = busy
  const sent = bench.send()
  await settle()
  t.deepEqual([sent.text, bench.triesAt, bench.waits], ['retryable unavailable', [0], []])
})
