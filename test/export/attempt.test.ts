import test from 'ava'
import { Attempt } from '../../src/export/attempt.ts'
import { PipelineError } from '../../src/plugin/pipeline-error.ts'
import { LogSink } from '../../src/testing/log-sink.ts'
import { ManualClock, settle } from '../../src/testing/manual-clock.ts'
import { sampleLogs } from '../../src/testing/sample-logs.ts'
import { NEVER, type Verdict, watch } from '../helpers/verdict.ts'

interface Bench {
  readonly sink: LogSink
  readonly clock: ManualClock
  /** Attempts that are counted as on their way. */
  readonly flying: () => number
  readonly send: (signal?: AbortSignal) => Verdict
}

function createBench(timeoutMs: number): Bench {
  const sink = new LogSink()
  const clock = new ManualClock()
  let flying = 0
  const inFlight = (change: 1 | -1): void => {
    flying += change
  }
  const attempt = new Attempt(sink, { timeoutMs, clock, inFlight })
  const send = (signal = NEVER): Verdict => watch(attempt.consume(sampleLogs(['a']), signal))
  return { sink, clock, flying: () => flying, send }
}

const hang = async (): Promise<void> => await new Promise(() => {})

test('a success passes and leaves no timer behind', async t => {
  const { sink, clock, flying, send } = createBench(5000)
  const sent = send()
  t.is(flying(), 1)
  await sent.promise
  t.is(sent.text, 'ok')
  t.deepEqual([sink.bodies, flying(), clock.pending], [['a'], 0, 0])
})

test('a failure passes unchanged', async t => {
  const { sink, clock, flying, send } = createBench(5000)
  const error = PipelineError.permanent('bad')
  sink.before = () => {
    throw error
  }
  const sent = send()
  await sent.promise
  t.is(sent.error, error)
  t.deepEqual([flying(), clock.pending], [0, 0])
})

test('an exporter that ignores its signal is left behind at the timeout', async t => {
  const { sink, clock, flying, send } = createBench(5000)
  sink.before = hang
  const sent = send()
  await clock.advance(4999)
  t.is(sent.text, 'pending')
  await clock.advance(1)
  t.is(sent.text, 'retryable timeout')
  t.is(sent.error?.code, 'deadline_exceeded')
  t.is(sent.error?.message, 'no answer within timeout 5000ms')
  t.is(flying(), 0)
})

test('an exporter that listens hears of the timeout, and its own complaint is not the verdict', async t => {
  const { sink, clock, send } = createBench(5000)
  let reason: unknown
  sink.before = async (_batch, signal) =>
    await new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => {
        reason = signal.reason
        reject(new Error('socket closed'))
      })
    })
  const sent = send()
  await clock.advance(5000)
  t.is(sent.text, 'retryable timeout')
  t.is(reason, sent.error)
})

const lateEnd = test.macro(async (t, end: 'succeeds' | 'fails') => {
  const { sink, clock, send } = createBench(5000)
  let finish = (): void => {}
  sink.before = async () =>
    await new Promise((resolve, reject) => {
      finish = () => (end === 'succeeds' ? resolve() : reject(new Error('late')))
    })
  const sent = send()
  await clock.advance(5000)
  finish()
  await settle()
  t.is(sent.text, 'retryable timeout')
})
test('what succeeds after the timeout changes no verdict', lateEnd, 'succeeds')
test('what fails after the timeout changes no verdict', lateEnd, 'fails')

test('timeout 0 waits as long as it takes', async t => {
  const { sink, clock, send } = createBench(0)
  sink.before = hang
  const sent = send()
  t.is(clock.pending, 0)
  await clock.advance(86_400_000)
  t.is(sent.text, 'pending')
})

test("the sender's abort ends an attempt at once, with the sender's reason", async t => {
  const { sink, clock, flying, send } = createBench(5000)
  sink.before = hang
  const sender = new AbortController()
  const sent = send(sender.signal)
  sender.abort(PipelineError.retryable('stop', { reason: 'shutdown' }))
  await settle()
  t.is(sent.text, 'retryable shutdown')
  t.deepEqual([flying(), clock.pending], [0, 0])
})

test('nothing is sent for a sender that is already gone', async t => {
  const { sink, send } = createBench(5000)
  const sent = send(AbortSignal.abort())
  await sent.promise
  t.is(sent.text, 'retryable cancelled')
  t.is(sink.count, 0)
})
