import test from 'ava'
import { AdaptiveConcurrency } from '../../src/export/adaptive-concurrency.ts'
import type { Consumer } from '../../src/plugin/consumer.ts'
import { PipelineError } from '../../src/plugin/pipeline-error.ts'
import { ManualClock, sampleLogs, settle } from '../../src/testing/index.ts'
import { type LinkAnswer, type LinkRun, type LinkState, runLink } from '../helpers/link.ts'

type Bands = Partial<Record<keyof LinkRun, readonly [min: number, max: number]>>

/** The links are those by which Vector tests its limiter; here the time is virtual. */
const onLink = test.macro(
  async (
    t,
    link: (state: LinkState) => LinkAnswer,
    options: { requests?: number; limitMax?: number },
    bands: Bands,
  ) => {
    const run = await runLink(link, options)
    t.log(JSON.stringify(run))
    for (const [name, [min, max]] of Object.entries(bands)) {
      const value = run[name as keyof LinkRun]
      t.true(value >= min && value <= max, `${name} is ${value}, not within ${min} and ${max}`)
    }
  },
)

const always: Bands = { limitMin: [20, 20], limitMean: [20, 20] }
test(
  'constant link: never slowed',
  onLink,
  () => ({ ms: 100 }),
  {},
  {
    ...always,
    inFlightMean: [19.9, 20],
    rate: [199, 201],
  },
)

test('fast link: never slowed', onLink, ({ random }) => ({ ms: 2 + 8 * random() }), {}, always)

const exponential = (random: () => number): number => -Math.log(1 - random())
const jittery = ({ random }: LinkState): LinkAnswer => ({ ms: 100 + 10 * exponential(random) })
test('jittery link: never slowed', onLink, jittery, {}, always)

const veryJittery = ({ random }: LinkState): LinkAnswer => ({ ms: 5 + 100 * exponential(random) })
test(
  'very jittery link: hardly slowed',
  onLink,
  veryJittery,
  {},
  {
    limitMean: [18, 20],
    // 172 without a limiter.
    rate: [160, 180],
  },
)

const mixed = ({ random }: LinkState): LinkAnswer => ({
  ms: 20 + (random() < 0.2 ? 400 : 20) * random(),
})
test(
  'batches of very different sizes: hardly slowed',
  onLink,
  mixed,
  {},
  {
    limitMean: [18, 20],
  },
)

const oneByOne = ({ inFlight }: LinkState): LinkAnswer => ({ ms: 100 * inFlight })
test(
  'slow link, where more at once is only longer: few at once',
  onLink,
  oneByOne,
  {
    requests: 600,
  },
  {
    // As many as without a limiter.
    rate: [9.9, 10.1],
    limitMeanLate: [1, 5],
    inFlightMean: [1, 7],
  },
)

const useful = ({ inFlight }: LinkState): LinkAnswer => ({ ms: 100 + 10 * inFlight })
test(
  'slower link, where more at once is more nevertheless: hardly slowed',
  onLink,
  useful,
  {},
  {
    limitMeanLate: [19, 20],
    // 66.7 without a limiter.
    rate: [63, 67],
  },
)

const knee = ({ inFlight }: LinkState): LinkAnswer => ({
  ms: inFlight > 10 ? 100 * 1.1 ** (inFlight - 10) : 100,
})
test(
  'shallow knee at 10: near it, and faster for it',
  onLink,
  knee,
  { requests: 3000 },
  {
    limitMeanLate: [10, 15],
    inFlightMean: [10, 15],
    // 77 without a limiter.
    rate: [92, 100],
  },
)

const crowded = ({ inFlight }: LinkState): LinkAnswer => ({
  ms: inFlight > 8 ? 10 : 100,
  refuses: inFlight > 8,
})
test(
  'refuses at high concurrency: near what it takes',
  onLink,
  crowded,
  {},
  {
    limitMeanLate: [7, 10],
    inFlightMean: [5, 9],
    rate: [50, 80],
  },
)

const busy = ({ thisSecond }: LinkState): LinkAnswer => ({
  ms: thisSecond > 50 ? 10 : 100,
  refuses: thisSecond > 50,
})
test(
  'refuses at a high rate: near the rate it takes',
  onLink,
  busy,
  {},
  {
    rate: [45, 51],
    limitMeanLate: [5, 12],
    inFlightMean: [4, 9],
  },
)

const recovers = ({ inFlight, nowMs }: LinkState): LinkAnswer => ({
  ms: nowMs > 2000 && nowMs < 40_000 ? 100 * inFlight : 100,
})
test(
  'slow for a while: lowered, and at the most again afterwards',
  onLink,
  recovers,
  {
    requests: 8000,
  },
  {
    limitMin: [1, 5],
    limitMeanLate: [17, 20],
  },
)

function subject(next: Consumer, limitMax = 2, waitMsMax = 0) {
  const clock = new ManualClock()
  const limits: number[] = []
  const limiter = new AdaptiveConcurrency(next, {
    limitMax,
    decreaseRatio: 0.5,
    ewmaAlpha: 0.4,
    rttDeviationScale: 2.5,
    clock,
    waitMsMax,
    onLimit: limit => limits.push(limit),
  })
  return { limiter, clock, limits }
}

/** Answers in the order of the calls, when told. */
function destination() {
  const calls: { resolve: () => void; reject: (error: Error) => void }[] = []
  const consume = (): Promise<void> =>
    new Promise((resolve, reject) => calls.push({ resolve, reject }))
  return { consume, calls }
}

test('the first to wait is the first to go, and one that is cancelled leaves', async t => {
  const link = destination()
  const { limiter } = subject(link, 1)
  const order: string[] = []
  const cancelled = new AbortController()
  const send = (name: string, signal = new AbortController().signal): Promise<unknown> =>
    limiter.consume(sampleLogs([name]), signal).then(
      () => order.push(name),
      (error: unknown) => order.push(`${name} ${PipelineError.from(error).code}`),
    )
  const all = [send('a'), send('b', cancelled.signal), send('c'), send('d')]
  t.like(limiter.stats(), { limit: 1, limit_max: 1, in_flight: 1, waiting: 3 })
  cancelled.abort()
  await settle()
  for (let i = 0; i < 3; i++) {
    t.is(link.calls.length, i + 1)
    link.calls[i]!.resolve()
    await settle()
  }
  await Promise.all(all)
  t.deepEqual(order, ['b cancelled', 'a', 'c', 'd'])
  t.like(limiter.stats(), { in_flight: 0, waiting: 0 })
})

test('a signal that has aborted before gets no place', async t => {
  const link = destination()
  const { limiter } = subject(link, 1)
  void limiter.consume(sampleLogs(['a']), new AbortController().signal)
  await t.throwsAsync(limiter.consume(sampleLogs(['b']), AbortSignal.abort()), {
    message: /cancelled/,
  })
  t.is(limiter.stats().waiting, 0)
})

test('a sender that waits itself is refused in time, and its place in the line is free', async t => {
  const link = destination()
  const { limiter, clock } = subject(link, 1, 8000)
  const { signal } = new AbortController()
  const first = limiter.consume(sampleLogs(['a']), signal)
  const second = t.throwsAsync(limiter.consume(sampleLogs(['b']), signal), {
    instanceOf: PipelineError,
    message: 'the destination is slow: no turn within 8000ms, 1 at the same time',
  })
  await clock.advance(7999)
  t.is(limiter.stats().waiting, 1)
  await clock.advance(1)
  t.like(await second, { reason: 'destination_slow', retryable: true, retryAfterMs: 8000 })
  t.is(limiter.stats().waiting, 0)
  link.calls[0]!.resolve()
  await first
  t.is(clock.pending, 0)
})

const slows = test.macro(async (t, error: PipelineError, expected: readonly number[]) => {
  const { limiter, clock, limits } = subject({ consume: () => Promise.reject(error) }, 4)
  await t.throwsAsync(limiter.consume(sampleLogs(['a']), new AbortController().signal), {
    is: error,
  })
  await clock.advance(1)
  t.deepEqual(limits, expected)
})
const code = (code: PipelineError['code']): PipelineError => PipelineError.retryable('no', { code })
test('a refusal for lack of resources slows', slows, code('resource_exhausted'), [4, 2])
test('a destination that is unavailable slows', slows, code('unavailable'), [4, 2])
test('no answer in time slows', slows, code('deadline_exceeded'), [4, 2])
test('a cancelled attempt does not', slows, code('cancelled'), [4])
const tooLarge = PipelineError.permanent('too large', { code: 'resource_exhausted' })
test('a batch that is refused for good does not', slows, tooLarge, [4])
