import test from 'ava'
import { z } from 'zod'
import type { DeadLetterDestination } from '../../src/dead-letter/letter.ts'
import { buildExportChain, chainConfigOf, type ExportChain } from '../../src/export/chain.ts'
import { type ExportChainConfig, exportChainFields } from '../../src/export/config.ts'
import { sharedController } from '../../src/plugin/abort.ts'
import { PipelineError } from '../../src/plugin/pipeline-error.ts'
import {
  createTestContext,
  LogSink,
  ManualClock,
  sampleLogs,
  settle,
  type TestContext,
} from '../../src/testing/index.ts'
import { LetterBox } from '../helpers/dead-letters.ts'

const never = sharedController().signal

interface Run {
  readonly chain: ExportChain
  readonly sink: LogSink
  readonly clock: ManualClock
  readonly context: TestContext
}

async function start(raw: object, deadLetter?: DeadLetterDestination): Promise<Run> {
  const config: ExportChainConfig = z.strictObject(exportChainFields('5s')).parse(raw)
  const [sink, clock] = [new LogSink(), new ManualClock()]
  const context = createTestContext('exporter', 'end')
  const chain = buildExportChain(sink, config, context, { clock, random: () => 0.5, deadLetter })
  await chain.start?.()
  return { chain, sink, clock, context }
}

const direct = { sending_queue: { enabled: false } }

test('the timeout is that of one attempt, and an attempt that timed out is tried again', async t => {
  const { chain, sink, clock } = await start({})
  let tries = 0
  sink.before = () => (++tries < 3 ? new Promise(() => {}) : undefined)
  await chain.consume(sampleLogs(['a']), never)
  // 5s without an answer, 5s of waiting, 5s again, 7.5s of waiting.
  await clock.advance(22_499)
  t.is(tries, 2)
  await clock.advance(1)
  t.is(tries, 3)
  t.like(chain.stats(), { sent: 1, failed: 0, dropped: 0 })
})

test('without retry_on_failure the first failure is the verdict', async t => {
  const { chain, sink, clock } = await start({ ...direct, retry_on_failure: { enabled: false } })
  sink.before = () => {
    throw PipelineError.retryable('down')
  }
  await t.throwsAsync(chain.consume(sampleLogs(['a']), never), { message: 'down' })
  t.is(clock.pending, 0)
  t.like(chain.stats(), { sent: 0, failed: 1 })
})

test('outcomes are counted once a batch, however often it was tried', async t => {
  const { chain, sink, clock, context } = await start({})
  let tries = 0
  sink.before = () => {
    if (++tries < 4) throw PipelineError.retryable('down')
  }
  await chain.consume(sampleLogs(['a', 'b']), never)
  await clock.advance(60_000)
  const text = await context.metrics.registry.metrics()
  t.regex(text, /exporter_sent_log_records_total\{exporter="end"\} 2/)
  t.notRegex(text, /send_failed_log_records_total\{/)
  t.regex(text, /queue_batch_send_size_count\{exporter="end"\} 1/)
  t.regex(text, /in_flight_requests\{exporter="end"\} 0/)
})

test('a sender that waits hears in time for its own timeout that the destination is down', async t => {
  const { chain, sink, clock } = await start(direct)
  sink.before = () => {
    throw PipelineError.retryable('down')
  }
  const verdict = t.throwsAsync(chain.consume(sampleLogs(['a']), never), {
    instanceOf: PipelineError,
  })
  await clock.advance(8000)
  const error = await verdict
  t.like(error, { message: 'down', retryable: true, retryAfterMs: 7500 })
})

test('behind a queue, what is given up is dropped, counted by reason and logged', async t => {
  const { chain, sink, context } = await start({})
  sink.before = () => {
    throw PipelineError.permanent('no such table', { reason: 'unknown_table' })
  }
  await chain.consume(sampleLogs(['a', 'b'], { requestId: 'request-x' }), never)
  await chain.stop(never)
  t.like(chain.stats(), { sent: 0, failed: 2, dropped: 2 })
  const text = await context.metrics.registry.metrics()
  t.regex(text, /send_failed_log_records_total\{exporter="end",reason="unknown_table"\} 2/)
  t.regex(text, /dropped_log_records_total\{component="end",reason="unknown_table"\} 2/)
  const errors = context.lines.filter(line => line['level'] === 50)
  t.like(errors[0], { records: 2, reason: 'unknown_table', request_id: 'request-x' })
})

test('a destination that refuses for ever does not flood the log', async t => {
  const { chain, sink, context } = await start({})
  sink.before = () => {
    throw PipelineError.permanent('bad', { reason: 'bad' })
  }
  for (let i = 0; i < 500; i++) await chain.consume(sampleLogs(['a']), never)
  await chain.stop(never)
  t.is(chain.stats().dropped, 500)
  t.true(context.lines.length < 20, `${context.lines.length} lines`)
})

test('an exporter without any of the keys is only counted', async t => {
  const sink = new LogSink()
  const context = createTestContext('exporter', 'end')
  const chain = buildExportChain(sink, {}, context)
  await chain.start?.()
  await chain.consume(sampleLogs(['a']), never)
  await chain.stop(never)
  const { ledger, ...stats } = chain.stats()
  t.deepEqual(stats, { id: 'end', sent: 1, failed: 0, dropped: 0, dead_lettered: 0 })
  t.like(ledger, { in: 1, sent: 1, difference: 0 })
})

test('an empty batch never gets to the destination', async t => {
  const { chain, sink } = await start(direct)
  await chain.consume(sampleLogs([]), never)
  t.is(sink.batches.length, 0)
})

test('only the keys of the chain are taken from the config of an exporter', t => {
  t.deepEqual(chainConfigOf({ endpoint: 'x', timeout: 5000 }), { timeout: 5000 })
  t.deepEqual(chainConfigOf({ timeout: 'soon' }), {})
  t.deepEqual(chainConfigOf(undefined), {})
})

test('fewer than num_consumers are sent at once to a destination that says it is too much', async t => {
  const { chain, sink, clock, context } = await start({
    sending_queue: { num_consumers: 10, sizer: 'items', queue_size: 1000 },
    retry_on_failure: { initial_interval: '100ms', max_interval: '100ms' },
  })
  let inFlight = 0
  const most: number[] = []
  sink.before = async () => {
    most.push(++inFlight)
    await new Promise<void>(resolve => clock.after(50, resolve))
    if (inFlight-- > 4) throw PipelineError.retryable('busy', { code: 'resource_exhausted' })
  }
  for (let i = 0; i < 400; i++) await chain.consume(sampleLogs(['a']), never)
  await clock.advance(10_000)
  t.is(chain.stats().sent, 400)
  t.is(Math.max(...most.slice(0, 20)), 10)
  t.true(Math.max(...most.slice(200)) < 8, String(most.slice(200)))
  const text = await context.metrics.registry.metrics()
  t.regex(text, /parsec_exporter_concurrency_limit\{exporter="end"\} \d/)
  t.like(chain.stats().concurrency, { limit_max: 10, in_flight: 0, waiting: 0 })
})

test('adaptive_concurrency can be off, and without a queue there is none', async t => {
  const off = { sending_queue: { adaptive_concurrency: { enabled: false } } }
  t.is((await start(off)).chain.stats().concurrency, undefined)
  t.is((await start(direct)).chain.stats().concurrency, undefined)
})

test('a batch that waits for its turn is given up by the stop as any other', async t => {
  const { chain, sink, clock } = await start({ sending_queue: { num_consumers: 2 } })
  sink.before = () => {
    throw PipelineError.retryable('busy', { code: 'unavailable' })
  }
  for (let i = 0; i < 4; i++) await chain.consume(sampleLogs(['a']), never)
  await clock.advance(60_000)
  t.is(chain.stats().concurrency?.limit, 1)
  sink.before = () => new Promise(() => {})
  const deadline = new AbortController()
  const stopped = chain.stop(deadline.signal)
  await settle()
  deadline.abort()
  await stopped
  t.like(chain.stats(), { dropped: 4 })
})

const refused = PipelineError.permanent('no', { reason: 'rejected' })

test('with a dead letter nothing is dropped: what is given up is there, and counted', async t => {
  const box = new LetterBox()
  const { chain, sink, context } = await start({}, box)
  sink.before = () => Promise.reject(refused)
  await chain.consume(sampleLogs(['a', 'b']), never)
  await chain.stop(never)
  t.like(chain.stats(), { sent: 0, failed: 2, dropped: 0, dead_lettered: 2 })
  t.like(chain.stats().ledger, { in: 2, dead_lettered: 2, difference: 0 })
  t.is(box.letters.length, 1)
  const text = await context.metrics.registry.metrics()
  t.regex(text, /parsec_dead_letter_log_records_total\{exporter="end",reason="rejected"\} 2/)
  t.notRegex(text, /dropped_log_records_total\{/)
  t.false(context.lines.some(({ level }) => level === 50))
})

test('retries come before the dead letter', async t => {
  const box = new LetterBox()
  const { chain, sink, clock } = await start({ retry_on_failure: { max_elapsed_time: '20s' } }, box)
  let tries = 0
  sink.before = () => {
    tries++
    throw PipelineError.retryable('down')
  }
  await chain.consume(sampleLogs(['a']), never)
  await clock.advance(19_000)
  t.true(tries > 2)
  t.is(box.letters.length, 1)
  t.like(box.letters[0], { reason: 'retries_exhausted', destination: 'end' })
})

test('a sender that waits hears OK once the dead letter has its records', async t => {
  const box = new LetterBox()
  const { chain, sink } = await start({ sending_queue: { wait_for_result: true } }, box)
  sink.before = () => Promise.reject(refused)
  await t.notThrowsAsync(chain.consume(sampleLogs(['a']), never))
  t.is(box.letters.length, 1)
  box.before = () => Promise.reject(PipelineError.retryable('full', { reason: 'dead_letter_full' }))
  const error = await t.throwsAsync(chain.consume(sampleLogs(['b']), never))
  t.like(error, { retryable: true, reason: 'dead_letter_full' })
})

test('behind a queue only the refused records of a batch are dropped', async t => {
  const { chain, sink, context } = await start({})
  sink.before = () =>
    Promise.reject(PipelineError.permanent('1 of 3', { reason: 'r', rejected: { count: 1 } }))
  await chain.consume(sampleLogs(['a', 'b', 'c']), never)
  await chain.stop(never)
  t.like(chain.stats(), { sent: 2, failed: 1, dropped: 1 })
  t.is(chain.stats().ledger.difference, 0)
  const text = await context.metrics.registry.metrics()
  t.regex(text, /dropped_log_records_total\{component="end",reason="r"\} 1/)
})

test('the direct way is one attempt past queue, retry and dead letter, and is counted', async t => {
  const box = new LetterBox()
  const { chain, sink, clock } = await start({}, box)
  await chain.direct.consume(sampleLogs(['a'], { requestId: 'r', queueId: 'of another' }), never)
  t.deepEqual(sink.batches[0]!.context, { requestId: 'r' })
  sink.before = () => Promise.reject(refused)
  t.is(await t.throwsAsync(chain.direct.consume(sampleLogs(['b']), never)), refused)
  const down = PipelineError.retryable('down')
  sink.before = () => Promise.reject(down)
  t.is(await t.throwsAsync(chain.direct.consume(sampleLogs(['c']), never)), down)
  t.is(clock.pending, 0)
  t.like(chain.stats(), { sent: 1, failed: 2, dead_lettered: 0 })
  t.is(chain.stats().ledger.difference, 0)
})
