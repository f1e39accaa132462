import test from 'ava'
import { describe, Outcome } from '../../src/export/outcome.ts'
import { PipelineError } from '../../src/plugin/pipeline-error.ts'
import { LogSink } from '../../src/testing/log-sink.ts'
import { sampleLogs } from '../../src/testing/sample-logs.ts'
import { createTestContext, type TestContext } from '../../src/testing/test-context.ts'
import { NEVER, watch } from '../helpers/verdict.ts'

interface Bench {
  readonly sink: LogSink
  readonly context: TestContext
  readonly outcome: Outcome
  /** Sends two records, which end as `failure` says. */
  readonly send: (failure?: unknown) => Promise<string>
  readonly sample: (name: string, reason?: string) => Promise<number | undefined>
}

function createBench(): Bench {
  const sink = new LogSink()
  const context = createTestContext('exporter', 'otlp/backup')
  const outcome = new Outcome(() => sink, context)
  const send = async (failure?: unknown): Promise<string> => {
    sink.before = () => {
      if (failure !== undefined) throw failure
    }
    const sent = watch(outcome.consume(sampleLogs(['a', 'b']), NEVER))
    await sent.promise
    return sent.text
  }
  const sample = async (name: string, reason?: string): Promise<number | undefined> => {
    const text = await context.metrics.registry.getSingleMetricAsString(name)
    const line = text
      .split('\n')
      .filter(line => !line.startsWith('#') && line.includes('exporter="otlp/backup"'))
      .find(line => reason === undefined || line.includes(`reason="${reason}"`))
    return line === undefined ? undefined : Number(line.split(' ').at(-1))
  }
  return { sink, context, outcome, send, sample }
}

const SENT = 'otelcol_exporter_sent_log_records_total'
const FAILED = 'otelcol_exporter_send_failed_log_records_total'

const full = PipelineError.retryable('destination is full', { reason: 'full' })
const bad = PipelineError.permanent('bad data', { reason: 'refused' })
const LEVELS = { warn: 40, error: 50 }

test('confirmed records are counted as sent', async t => {
  const { context, outcome, send, sample } = createBench()
  t.is(await send(), 'ok')
  t.is(await send(), 'ok')
  t.deepEqual(outcome.stats(), { sent: 4, failed: 0 })
  t.is(await sample(SENT), 4)
  t.deepEqual(context.lines, [])
})

const isCounted = test.macro(
  async (t, failure: unknown, verdict: string, level: number, message: string) => {
    const { context, outcome, send, sample } = createBench()
    t.is(await send(failure), verdict)
    t.deepEqual(outcome.stats(), { sent: 0, failed: 2 })
    const reason = verdict.split(' ')[1]!
    t.is(await sample(FAILED, reason), 2)
    t.is(context.lines.length, 1)
    t.like(context.lines[0], { level, msg: message, records: 2, reason })
  },
)
const GIVEN_UP = 'sending failed and is given up for now'
test(
  'a retryable failure is counted by its reason and logged at WARN: the sender still has it',
  isCounted,
  full,
  'retryable full',
  LEVELS.warn,
  GIVEN_UP,
)
test(
  'a permanent failure is counted by its reason and logged at ERROR',
  isCounted,
  bad,
  'permanent refused',
  LEVELS.error,
  'the destination refused for good',
)
test(
  'an exception of the exporter is internal and retryable',
  isCounted,
  new TypeError('x'),
  'retryable internal',
  LEVELS.warn,
  GIVEN_UP,
)

test('the same failure again and again makes two lines, with the count in the second', async t => {
  const { context, outcome, send } = createBench()
  for (let i = 0; i < 50; i++) await send(full)
  t.is(context.lines.length, 1)
  outcome.stop()
  t.is(context.lines.length, 2)
  t.like(context.lines[1], { level: LEVELS.warn, reason: 'full', repeated: 49 })
})

test('another reason has a line of its own', async t => {
  const { context, send } = createBench()
  await send(full)
  await send(bad)
  await send(full)
  t.deepEqual(
    context.lines.map(line => line['reason']),
    ['full', 'refused'],
  )
})

test('a retry is logged with its wait, and neither counted nor given up', t => {
  const { context, outcome } = createBench()
  for (let i = 0; i < 9; i++) outcome.onRetry(sampleLogs(['a']), full, 1234.5)
  t.is(context.lines.length, 1)
  t.like(context.lines[0], {
    level: LEVELS.warn,
    msg: 'sending failed, will be tried again',
    retry_in_ms: 1235,
    reason: 'full',
  })
  t.deepEqual(outcome.stats(), { sent: 0, failed: 0 })
})

test('the status turns once when sending fails, and back with the next success', async t => {
  const { context, outcome, send } = createBench()
  await send()
  outcome.onRetry(sampleLogs(['a']), full, 1)
  outcome.onRetry(sampleLogs(['a']), full, 1)
  await send(full)
  await send()
  await send()
  t.deepEqual(context.statuses, [
    { status: 'recoverable_error', detail: 'destination is full' },
    { status: 'ok', detail: undefined },
  ])
})

const keepsStatus = test.macro(async (t, failure: PipelineError) => {
  const { context, send } = createBench()
  await send(failure)
  t.deepEqual(context.statuses, [])
})
test('a batch refused for good says nothing about the destination', keepsStatus, bad)
test(
  'a sender that left says nothing about the destination',
  keepsStatus,
  PipelineError.retryable('gone', { code: 'cancelled' }),
)

test('a line names the request and, when there is one, the origin', t => {
  const batch = sampleLogs(['a', 'b'], { requestId: 'r-1' })
  const fields = {
    records: 2,
    reason: 'full',
    code: 'unavailable',
    error: 'destination is full',
    request_id: 'r-1',
  }
  t.deepEqual(describe(batch, full), fields)
  t.deepEqual(describe(batch.with({ origin: 'o' }), full), { ...fields, origin: 'o' })
})

test('of a batch that was refused in part the rest counts as sent', async t => {
  const { context, outcome, send, sample } = createBench()
  const partial = PipelineError.permanent('one of two', {
    reason: 'rejected',
    rejected: { count: 1 },
  })
  t.is(await send(partial), 'permanent rejected')
  t.deepEqual(outcome.stats(), { sent: 1, failed: 1 })
  t.is(await sample(SENT), 1)
  t.is(await sample(FAILED, 'rejected'), 1)
  t.like(context.lines[0], { level: LEVELS.error, records: 2, rejected: 1 })
})

test('of a batch that is given up half way only what is pending has failed', async t => {
  const { outcome, send } = createBench()
  const part = { records: sampleLogs(['a']), origin: 'o#1', error: full }
  await send(PipelineError.retryable('later', { pending: [part] }))
  t.deepEqual(outcome.stats(), { sent: 0, failed: 2 })
  await send(PipelineError.retryable('gave up', { reason: 'retries_exhausted', pending: [part] }))
  t.deepEqual(outcome.stats(), { sent: 1, failed: 3 })
})

test('with a dead letter behind it a refusal for good is no loss', async t => {
  const context = createTestContext('exporter', 'otlp/backup')
  const sink = new LogSink()
  sink.before = () => Promise.reject(bad)
  const outcome = new Outcome(() => sink, context, { hasDeadLetter: true })
  await watch(outcome.consume(sampleLogs(['a']), NEVER)).promise
  t.is(context.lines[0]?.['level'], LEVELS.warn)
})

test('a batch that goes another way is counted like any other', async t => {
  const { outcome } = createBench()
  const batch = sampleLogs(['a', 'b'])
  await outcome.follow(batch, Promise.resolve())
  t.is(await t.throwsAsync(outcome.follow(batch, Promise.reject(bad))), bad)
  t.deepEqual(outcome.stats(), { sent: 2, failed: 2 })
})
