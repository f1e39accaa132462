import test from 'ava'
import fc from 'fast-check'
import { fanOut } from '../../src/pipeline/fan-out.ts'
import { sharedController } from '../../src/plugin/abort.ts'
import { PipelineError } from '../../src/plugin/pipeline-error.ts'
import { LogSink, ManualClock, sampleLogs, settle } from '../../src/testing/index.ts'

const never = sharedController().signal

/** What a branch answers to its first, second ... try; the last one for ever. */
type Answers = readonly ('ok' | 'retry' | 'never')[]

interface Run {
  readonly clock: ManualClock
  readonly sinks: LogSink[]
  /** Tries of each branch. */
  readonly tries: number[]
  consume(signal?: AbortSignal): Promise<string>
}

function start(branches: readonly Answers[], separateOrigins = false): Run {
  const clock = new ManualClock()
  const tries = branches.map(() => 0)
  const sinks = branches.map((answers, i) => {
    const sink = new LogSink()
    sink.before = () => {
      const answer = answers[Math.min(tries[i]!++, answers.length - 1)]
      if (answer === 'retry') throw PipelineError.retryable(`retry ${i}`)
      if (answer === 'never') throw PipelineError.permanent(`never ${i}`)
    }
    return sink
  })
  const consumer = fanOut(
    sinks.map((next, i) => ({ name: `b${i}`, next })),
    { separateOrigins, clock, random: () => 0.5 },
  )
  const consume = (signal = never): Promise<string> =>
    consumer.consume(sampleLogs(['a']), signal).then(
      () => 'ok',
      (error: unknown) => (error as Error).message,
    )
  return { clock, sinks, tries, consume }
}

interface Case {
  readonly branches: readonly Answers[]
  readonly verdict: string
  readonly tries: readonly number[]
}

const decides = test.macro(async (t, { branches, verdict, tries }: Case) => {
  const run = start(branches)
  const consumed = run.consume()
  await run.clock.advance(60_000)
  t.is(await consumed, verdict)
  t.deepEqual(run.tries, tries)
  t.deepEqual(
    run.sinks.map(sink => sink.batches.length <= 1),
    branches.map(() => true),
    'a branch accepted twice',
  )
})

test('all accept: accepted', decides, { branches: [['ok'], ['ok']], verdict: 'ok', tries: [1, 1] })
test('none accepts, one may later: refused retryably at once', decides, {
  branches: [['never'], ['retry']],
  verdict: 'retry 1',
  tries: [1, 1],
})
test('all refuse for good: refused for good', decides, {
  branches: [['never'], ['never']],
  verdict: 'never 0',
  tries: [1, 1],
})
test('one accepts, one refuses for good: refused for good, so that nobody sends again', decides, {
  branches: [['ok'], ['never']],
  verdict: 'never 1',
  tries: [1, 1],
})
test('one accepts, one is tried until it does; the first never sees the batch again', decides, {
  branches: [['ok'], ['retry', 'retry', 'retry', 'ok']],
  verdict: 'ok',
  tries: [1, 4],
})
test('one accepts, one refuses for good after retries', decides, {
  branches: [['ok'], ['retry', 'never']],
  verdict: 'never 1',
  tries: [1, 2],
})
test('a refusal for good is the verdict also when another branch accepts later', decides, {
  branches: [['ok'], ['never'], ['retry', 'ok']],
  verdict: 'never 1',
  tries: [1, 1, 2],
})

test('it waits for every branch, also when one has already refused', async t => {
  let accept: () => void = () => {}
  const slow = new LogSink()
  slow.before = () =>
    new Promise<void>(resolve => {
      accept = resolve
    })
  const refusing = { consume: () => Promise.reject(PipelineError.permanent('no')) }
  const consumer = fanOut(
    [
      { name: 'a', next: refusing },
      { name: 'b', next: slow },
    ],
    { separateOrigins: false },
  )
  let settled = false
  const consumed = consumer.consume(sampleLogs(['a']), never).catch(() => {
    settled = true
  })
  await settle()
  t.false(settled)
  accept()
  await consumed
  t.true(settled)
  t.is(slow.count, 1)
})

test('waits grow up to five seconds, and what a branch asks for is honoured', async t => {
  const clock = new ManualClock()
  const triedAt: number[] = []
  const asks = [0, 9000]
  const consumer = fanOut(
    [
      { name: 'a', next: new LogSink() },
      {
        name: 'b',
        next: {
          consume: () => {
            triedAt.push(clock.now())
            const retryAfterMs = asks.shift() ?? 0
            return Promise.reject(PipelineError.retryable('later', { retryAfterMs }))
          },
        },
      },
    ],
    { separateOrigins: false, clock, random: () => 0.5 },
  )
  const sender = new AbortController()
  const consumed = consumer.consume(sampleLogs(['a']), sender.signal)
  await clock.advance(60_000)
  sender.abort()
  await t.throwsAsync(consumed, { message: 'later' })
  const waits = triedAt.slice(1).map((at, i) => at - triedAt[i]!)
  t.deepEqual(waits.slice(0, 5), [50, 9000, 200, 400, 800])
  t.is(Math.max(...waits.slice(2)), 5000)
})

test('when the sender leaves, the refusal is passed on, retryably', async t => {
  const run = start([['ok'], ['retry']])
  const sender = new AbortController()
  const consumed = run.consume(sender.signal)
  await run.clock.advance(1000)
  sender.abort()
  t.is(await consumed, 'retry 1')
  t.is(run.clock.pending, 0)
})

test('an exception in a branch is a refusal like any other', async t => {
  const broken = {
    consume: () => {
      throw new TypeError('oops')
    },
  }
  const consumer = fanOut(
    [
      { name: 'a', next: broken },
      { name: 'b', next: broken },
    ],
    { separateOrigins: false },
  )
  const error = await t.throwsAsync(consumer.consume(sampleLogs(['a']), never))
  t.true(error instanceof PipelineError && error.retryable)
})

test('a single branch is used as it is', t => {
  const next = new LogSink()
  t.is(fanOut([{ name: 'a', next }], { separateOrigins: true }), next)
})

test('all branches see one identity, which stays the same when a branch is tried again', async t => {
  const run = start([['ok'], ['retry', 'ok']])
  const consumed = run.consume()
  await run.clock.advance(1000)
  t.is(await consumed, 'ok')
  const [first, second] = run.sinks.map(sink => sink.batches[0]?.origin)
  t.truthy(first)
  t.is(first, second)
})

test('ways that may meet again in one exporter get identities of their own', async t => {
  const run = start([['ok'], ['ok']], true)
  t.is(await run.consume(), 'ok')
  const origins = run.sinks.map(sink => sink.batches[0]?.origin?.split('@'))
  t.is(origins[0]?.[0], origins[1]?.[0])
  t.deepEqual(
    origins.map(parts => parts?.[1]),
    ['b0', 'b1'],
  )
})

test('whatever the branches answer, none accepts twice and the verdict fits', async t => {
  const answer = fc.constantFrom<Answers[number]>('ok', 'retry', 'never')
  const branch = fc
    .tuple(fc.array(answer, { maxLength: 3 }), fc.constantFrom('ok', 'never'))
    .map(([first, last]) => [...first, last] as Answers)
  await fc.assert(
    fc.asyncProperty(fc.array(branch, { minLength: 2, maxLength: 4 }), async branches => {
      const run = start(branches)
      const consumed = run.consume()
      await run.clock.advance(600_000)
      const verdict = await consumed
      const accepted = run.sinks.filter(sink => sink.batches.length > 0).length
      t.true(run.sinks.every(sink => sink.batches.length <= 1))
      t.is(verdict === 'ok', accepted === branches.length)
      // What a sender is told to send again has been accepted by nobody.
      if (verdict.startsWith('retry')) t.is(accepted, 0)
    }),
    { numRuns: 100 },
  )
})
