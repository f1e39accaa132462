import test from 'ava'
import type { LogBatch } from '../../src/batch/log-batch.ts'
import { DeadLetterStage } from '../../src/export/dead-letter.ts'
import { PipelineError } from '../../src/plugin/pipeline-error.ts'
import {
  bodiesOf,
  createTestContext,
  LogSink,
  ManualClock,
  sampleLogs,
  settle,
} from '../../src/testing/index.ts'
import { LetterBox } from '../helpers/dead-letters.ts'
import { NEVER, watch } from '../helpers/verdict.ts'

function setUp({ senderWaits = false } = {}) {
  const [sink, box, clock] = [new LogSink(), new LetterBox(), new ManualClock()]
  const context = createTestContext('exporter', 'store')
  const stop = new AbortController()
  const stage = new DeadLetterStage(sink, {
    destination: box,
    pipelines: () => ['logs', 'logs/b'],
    context,
    clock,
    random: () => 0.5,
    stopping: stop.signal,
    senderWaits,
  })
  const fail = (error: unknown): void => {
    sink.before = () => {
      throw error
    }
  }
  const send = (batch: LogBatch = sampleLogs(['a', 'b']), signal = NEVER) =>
    watch(stage.consume(batch, signal))
  const counted = async () => {
    const { values } = await context.metrics.deadLetter.get()
    return values.map(({ labels, value }) => [labels.exporter, labels.reason, value])
  }
  return { sink, box, clock, context, stage, stop, fail, send, counted }
}

const bad = PipelineError.permanent('row 7 is no good', { reason: 'rejected' })
const exhausted = PipelineError.retryable('gave up after 300s', { reason: 'retries_exhausted' })

test('what is delivered is no dead letter', async t => {
  const { send, box, sink } = setUp()
  const sent = send()
  await sent.promise
  t.is(sent.text, 'ok')
  t.is(sink.count, 2)
  t.is(box.letters.length, 0)
})

test('a batch that is refused for good is kept with all that is known, and handled', async t => {
  const { send, box, fail, stage, counted, context } = setUp()
  fail(bad)
  const batch = sampleLogs(['a', 'b'], { requestId: 'r-9' }).with({ origin: 'q/5' })
  const sent = send(batch)
  await sent.promise
  t.is(sent.text, 'ok')
  const [letter] = box.letters
  t.like(letter, {
    origin: 'q/5',
    reason: 'rejected',
    code: 'invalid_argument',
    message: 'row 7 is no good',
    destination: 'store',
    pipelines: ['logs', 'logs/b'],
    rejectedCount: undefined,
  })
  t.is(letter?.records.bytes, batch.bytes)
  t.is(letter?.records.context.requestId, 'r-9')
  t.true(Math.abs(Date.now() - letter!.timeMs) < 60_000)
  t.is(stage.count, 2)
  t.deepEqual(await counted(), [['store', 'rejected', 2]])
  t.like(context.lines[0], { level: 40, request_id: 'r-9', dead_letter: 'box', records: 2 })
})

test('selected rows are kept under an identity of their own, which their token was made from', async t => {
  const { send, box, fail } = setUp()
  fail(bad)
  const batch = sampleLogs(['a', 'b', 'c']).with({ origin: 'q/5' })
  await send(batch.filter(row => row.row !== 1)).promise
  t.regex(box.letters[0]!.origin, /^q\/5\/[0-9a-f]{16}$/)
})

test('retries that are used up are a dead letter', async t => {
  const { send, box, fail, counted } = setUp()
  fail(exhausted)
  await send().promise
  t.like(box.letters[0], { reason: 'retries_exhausted', message: 'gave up after 300s' })
  t.deepEqual(await counted(), [['store', 'retries_exhausted', 2]])
})

const isNoLetter = test.macro(async (t, error: PipelineError) => {
  const { send, box, fail, stage } = setUp()
  fail(error)
  const sent = send()
  await sent.promise
  t.is(sent.error, error)
  t.is(box.letters.length, 0)
  t.is(stage.count, 0)
})
test('a failure that may pass is none', isNoLetter, PipelineError.retryable('down'))
test(
  'a stop before the destination answered is none',
  isNoLetter,
  PipelineError.retryable('the service stopped', { reason: 'shutdown' }),
)
test(
  'a sender that left is none',
  isNoLetter,
  PipelineError.retryable('gone', { code: 'cancelled' }),
)

test('of a batch that was refused in part only the refused records are kept, each with its reason', async t => {
  const { send, box, fail, stage, counted } = setUp()
  const batch = sampleLogs(['a', 'b', 'c']).with({ origin: 'q/5' })
  const part = (from: number, reason: string) => ({
    records: batch.slice(from, from + 1),
    origin: `q/5#${from}`,
    error: PipelineError.permanent(`no ${from}`, { reason }),
  })
  const parts = [part(0, 'x'), part(2, 'y')]
  fail(PipelineError.permanent('2 of 3 were refused', { rejected: { count: 2, parts } }))
  await send(batch).promise
  t.deepEqual(
    box.letters.map(({ records, origin, message }) => [bodiesOf(records), origin, message]),
    [
      [['a'], 'q/5#0', 'no 0'],
      [['c'], 'q/5#2', 'no 2'],
    ],
  )
  t.is(stage.count, 2)
  t.deepEqual(await counted(), [
    ['store', 'x', 1],
    ['store', 'y', 1],
  ])
})

test('when nobody knows which records were refused the whole batch is kept, and only they count', async t => {
  const { send, box, fail, stage } = setUp()
  fail(PipelineError.permanent('2 rejected', { rejected: { count: 2 } }))
  await send(sampleLogs(['a', 'b', 'c'])).promise
  t.is(box.letters[0]?.records.count, 3)
  t.is(box.letters[0]?.rejectedCount, 2)
  t.is(stage.count, 2)
})

test('of a batch that was given up half way only what is pending is kept', async t => {
  const { send, box, fail } = setUp()
  const batch = sampleLogs(['a', 'b', 'c']).with({ origin: 'q/5' })
  const pending = [
    { records: batch.slice(0, 1), origin: 'q/5#0', error: bad },
    { records: batch.slice(1, 2), origin: 'q/5#1', error: PipelineError.retryable('down') },
  ]
  fail(PipelineError.retryable('gave up', { reason: 'retries_exhausted', pending }))
  await send(batch).promise
  t.deepEqual(
    box.letters.map(({ origin, reason, message }) => [origin, reason, message]),
    [
      ['q/5#0', 'rejected', 'row 7 is no good'],
      ['q/5#1', 'retries_exhausted', 'gave up'],
    ],
  )
})

test('while the dead letter cannot be written the batch is held and tried again', async t => {
  const { send, box, fail, clock, context, counted } = setUp()
  fail(bad)
  let tries = 0
  box.before = () => {
    if (++tries < 4) throw PipelineError.retryable('disk is full', { reason: 'disk_full' })
  }
  const sent = send()
  await clock.advance(500 + 1000)
  t.is(sent.text, 'pending')
  t.is(tries, 3)
  t.deepEqual(await counted(), [])
  await clock.advance(2000)
  await sent.promise
  t.is(sent.text, 'ok')
  t.deepEqual(await counted(), [['store', 'rejected', 2]])
  t.deepEqual(
    context.statuses.map(({ status }) => status),
    ['recoverable_error', 'ok'],
  )
})

test('a sender that waits keeps what cannot be written', async t => {
  const { send, box, fail } = setUp({ senderWaits: true })
  fail(bad)
  box.before = () => {
    throw PipelineError.retryable('disk is full', { reason: 'disk_full', retryAfterMs: 5 })
  }
  const sent = send()
  await sent.promise
  t.is(sent.text, 'retryable disk_full')
  t.is(sent.error?.retryAfterMs, 5)
  t.regex(sent.error?.message ?? '', /dead letter \(box\) does not take it: disk is full/)
})

test('a dead letter that refuses for good loses nothing: it is retryable', async t => {
  const { send, box, fail } = setUp({ senderWaits: true })
  fail(bad)
  box.before = () => {
    throw PipelineError.permanent('never', { reason: 'schema' })
  }
  const sent = send()
  await sent.promise
  t.is(sent.text, 'retryable schema')
})

test('at the stop there is one last try, and then the batch goes back', async t => {
  const { send, box, fail, stop } = setUp()
  fail(bad)
  let tries = 0
  box.before = () => {
    tries++
    throw PipelineError.retryable('down', { reason: 'down' })
  }
  const sent = send()
  await settle()
  stop.abort()
  await sent.promise
  t.is(tries, 2)
  t.is(sent.text, 'retryable down')
})

test('a sender that leaves ends the waiting', async t => {
  const { send, box, fail, clock } = setUp()
  fail(bad)
  box.before = () => {
    throw PipelineError.retryable('down', { reason: 'down' })
  }
  const sender = new AbortController()
  const sent = send(sampleLogs(['a']), sender.signal)
  await settle()
  sender.abort()
  await sent.promise
  t.is(sent.text, 'retryable down')
  t.is(clock.pending, 0)
})

test('a flood of dead letters makes few lines', async t => {
  const { send, fail, context, stage } = setUp()
  fail(bad)
  for (let i = 0; i < 100; i++) await send().promise
  t.is(stage.count, 200)
  t.is(context.lines.length, 1)
  stage.stop()
  t.is(context.lines.length, 2)
})

test('what a destination says is cut to a length', async t => {
  const { send, box, fail } = setUp()
  fail(PipelineError.permanent('x'.repeat(100_000)))
  await send().promise
  t.is(box.letters[0]?.message.length, 2000)
})

test('what a batch without times is given as its time is the same for every try', async t => {
  const { stage, sink } = setUp()
  await stage.consume(sampleLogs(['a']), NEVER)
  t.true(Math.abs(Date.now() - sink.batches[0]!.context.receivedAtUnixMs!) < 60_000)
  await stage.consume(sampleLogs(['a'], { receivedAtUnixMs: 5 }), NEVER)
  t.is(sink.batches[1]?.context.receivedAtUnixMs, 5)
})

test('a batch without an identity is kept under the one it was sent with', async t => {
  const { stage, sink, box } = setUp()
  let sent: string | undefined
  sink.before = ({ origin }) => {
    sent = origin
    throw bad
  }
  await stage.consume(sampleLogs(['a']), NEVER)
  t.regex(sent ?? '', /^[0-9a-f]{32}$/)
  t.is(box.letters[0]?.origin, sent)
})
