import test from 'ava'
import fc from 'fast-check'
import type { SendingQueueConfig } from '../../src/export/config.ts'
import { SendingQueue } from '../../src/export/sending-queue.ts'
import { systemClock } from '../../src/plugin/clock.ts'
import { PipelineError } from '../../src/plugin/pipeline-error.ts'
import { MemoryQueue } from '../../src/queue/memory-queue.ts'
import { LogSink } from '../../src/testing/log-sink.ts'
import { ManualClock, settle } from '../../src/testing/manual-clock.ts'
import { bodiesOf, sampleLogs } from '../../src/testing/sample-logs.ts'
import { createTestContext, type TestContext } from '../../src/testing/test-context.ts'
import { PickySink, sendAll, senders, wrongWith } from '../helpers/merge-model.ts'
import { NEVER, type Verdict, watch } from '../helpers/verdict.ts'

const CONFIG: SendingQueueConfig = {
  enabled: true,
  num_consumers: 1,
  adaptive_concurrency: {
    enabled: true,
    decrease_ratio: 0.9,
    ewma_alpha: 0.4,
    rtt_deviation_scale: 2.5,
  },
  wait_for_result: false,
  block_on_overflow: false,
  sizer: 'items',
  queue_size: 10,
  segment_size: 65_536,
  memory_size: 65_536,
}

interface Bench {
  readonly clock: ManualClock
  readonly context: TestContext
  readonly queue: SendingQueue
  /** `refused queue_full 2`, `dropped shutdown 1`, in order. */
  readonly losses: string[]
  /** Log records accepted and then given up. */
  readonly counts: { dropped: number }
  /** The newest values of the gauges. */
  readonly gauges: { capacity: number; size: number }
  /** Offers one record per letter. */
  readonly send: (letters: string, signal?: AbortSignal) => Verdict
}

function createBench(
  sink: LogSink,
  options: Partial<SendingQueueConfig> = {},
  clock = new ManualClock(),
): Bench {
  const config = { ...CONFIG, ...options }
  const context = createTestContext('exporter', 'otlp')
  const { sizer, queue_size: capacity, block_on_overflow: blocks } = config
  const overflow = blocks ? 'block' : 'refuse'
  const losses: string[] = []
  const counts = { dropped: 0 }
  const gauges = { capacity: -1, size: -1 }
  const meter = {
    capacity: (value: number): void => void (gauges.capacity = value),
    size: (value: number): void => void (gauges.size = value),
    refused: (reason: string, count: number) => void losses.push(`refused ${reason} ${count}`),
    dropped: (reason: string, count: number) => {
      losses.push(`dropped ${reason} ${count}`)
      counts.dropped += count
    },
    recovered: (): void => {},
    keptAfterAll: (): void => {},
  }
  const memory = new MemoryQueue({ name: 'otlp', sizer, capacity, overflow, clock })
  const queue = new SendingQueue(sink, { config, queue: memory, context, clock, meter })
  const send = (letters: string, signal = NEVER): Verdict =>
    watch(queue.consume(sampleLogs(letters.split('')), signal))
  return { clock, context, queue, losses, counts, gauges, send }
}

/** A sink that answers when told to, in order. */
class GatedSink extends LogSink {
  readonly waiting: { letters: string; answer: (error?: PipelineError) => void }[] = []

  override before = async (...[batch, signal]: Parameters<LogSink['consume']>): Promise<void> => {
    await new Promise<void>((resolve, reject) => {
      const answer = (error?: PipelineError): void => (error ? reject(error) : resolve())
      this.waiting.push({ letters: bodiesOf(batch).join(''), answer })
      signal.addEventListener('abort', () => reject(signal.reason as Error))
      if (signal.aborted) reject(signal.reason as Error)
    })
  }

  get lettersWaiting(): string {
    return this.waiting.map(({ letters }) => letters).join(' ')
  }
}

const bad = PipelineError.permanent('bad data', { reason: 'refused' })

test('the sender is acknowledged when the queue has its batch', async t => {
  const sink = new GatedSink()
  const { queue, gauges, send } = createBench(sink)
  await queue.start()
  const sent = send('ab')
  await settle()
  t.is(sent.text, 'ok')
  t.is(sink.count, 0)
  t.deepEqual(gauges, { capacity: 10, size: 2 })
  sink.waiting[0]!.answer()
  await settle()
  t.deepEqual(sink.bodies, ['a', 'b'])
  t.is(gauges.size, 0)
})

test('one sender at a time keeps the order', async t => {
  const sink = new GatedSink()
  const { queue, send } = createBench(sink)
  await queue.start()
  for (const letter of 'abc') send(letter)
  await settle()
  t.is(sink.lettersWaiting, 'a')
  for (let i = 0; i < 3; i++) {
    sink.waiting[i]!.answer()
    await settle()
  }
  t.deepEqual(sink.bodies, ['a', 'b', 'c'])
})

test('num_consumers batches are sent at the same time, and no more', async t => {
  const sink = new GatedSink()
  const { queue, send } = createBench(sink, { num_consumers: 3 })
  await queue.start()
  for (const letter of 'abcde') send(letter)
  await settle()
  t.is(sink.lettersWaiting, 'a b c')
  sink.waiting[1]!.answer()
  await settle()
  t.is(sink.lettersWaiting, 'a b c d')
})

test('many idle senders raise no warning of a leak', async t => {
  const warnings: Error[] = []
  const listen = (warning: Error): void => void warnings.push(warning)
  process.on('warning', listen)
  t.teardown(() => process.off('warning', listen))
  const { queue, send } = createBench(new LogSink(), { num_consumers: 100 })
  await queue.start()
  send('a')
  await settle()
  await queue.stop(NEVER)
  t.deepEqual(warnings, [])
})

test('a full queue refuses, and says so to the meter', async t => {
  const { queue, losses, counts, send } = createBench(new GatedSink(), { queue_size: 3 })
  await queue.start()
  const sent = [send('ab'), send('cd'), send('e'), send('fghi')]
  await settle()
  t.deepEqual(
    sent.map(({ text }) => text),
    ['ok', 'retryable queue_full', 'ok', 'permanent larger_than_queue'],
  )
  t.deepEqual(losses, ['refused queue_full 2', 'refused larger_than_queue 4'])
  t.is(counts.dropped, 0)
})

const isDropped = test.macro(async (t, failure: unknown, reason: string) => {
  const sink = new LogSink()
  sink.before = () => {
    throw failure
  }
  const { context, queue, losses, counts, gauges, send } = createBench(sink)
  await queue.start()
  t.is(await send('ab').promise.then(() => 'told'), 'told')
  await settle()
  t.deepEqual(losses, [`dropped ${reason} 2`])
  t.is(counts.dropped, 2)
  t.is(gauges.size, 0)
  t.like(context.lines[0], { level: 50, msg: 'acknowledged records dropped', records: 2, reason })
})
test(
  'what was acknowledged and then refused is dropped, counted, an ERROR',
  isDropped,
  bad,
  'refused',
)
test('so is what was given up', isDropped, PipelineError.retryable('x'), 'unavailable')
test('so is what an exception has hit', isDropped, new Error('x'), 'internal')

test('a flood of drops is two lines, with the count in the second', async t => {
  const sink = new LogSink()
  sink.before = () => {
    throw bad
  }
  const { context, queue, send } = createBench(sink)
  await queue.start()
  for (let i = 0; i < 20; i++) {
    send('a')
    await settle()
  }
  t.is(context.lines.length, 1)
  await queue.stop(NEVER)
  t.like(context.lines[1], { level: 50, reason: 'refused', repeated: 19 })
  t.is(context.lines.length, 2)
})

test('batches get an identity when they have none, and keep the one they have', async t => {
  const sink = new LogSink()
  const { queue } = createBench(sink)
  await queue.start()
  await queue.consume(sampleLogs(['a']), NEVER)
  await queue.consume(sampleLogs(['b']).with({ origin: 'topic/0/1-2' }), NEVER)
  await settle()
  const [first, second] = sink.batches.map(({ origin }) => origin)
  t.regex(first ?? '', /^[0-9a-f]{32}$/)
  t.is(second, 'topic/0/1-2')
})

const waits = test.macro(async (t, error: PipelineError | undefined, verdict: string) => {
  const sink = new GatedSink()
  const { queue, losses, counts, gauges, send } = createBench(sink, { wait_for_result: true })
  await queue.start()
  const sent = send('ab')
  await settle()
  t.is(sent.text, 'pending')
  sink.waiting[0]!.answer(error)
  await settle()
  t.is(sent.text, verdict)
  t.is(sent.error, error)
  t.deepEqual([losses, counts.dropped, gauges.size], [[], 0, 0])
})
test('wait_for_result acknowledges when the destination has', waits, undefined, 'ok')
test('wait_for_result passes the refusal on and drops nothing', waits, bad, 'permanent refused')

test('a waiting sender that leaves before its batch is taken will bring it again: not sent', async t => {
  const sink = new GatedSink()
  const { queue, gauges, send } = createBench(sink, { wait_for_result: true })
  await queue.start()
  const leaving = new AbortController()
  const [first, second, third] = [send('a'), send('b', leaving.signal), send('c')]
  await settle()
  leaving.abort()
  await settle()
  t.is(second.text, 'retryable cancelled')
  sink.waiting[0]!.answer()
  await settle()
  t.is(sink.lettersWaiting, 'a c')
  sink.waiting[1]!.answer()
  await settle()
  t.deepEqual([first.text, third.text, gauges.size], ['ok', 'ok', 0])
})

test('a waiting sender that leaves ends the sending of its batch and frees its room', async t => {
  const sink = new GatedSink()
  const { queue, losses, gauges, send } = createBench(sink, { wait_for_result: true })
  await queue.start()
  const leaving = new AbortController()
  const sent = send('a', leaving.signal)
  await settle()
  t.is(gauges.size, 1)
  leaving.abort()
  await settle()
  t.deepEqual([sent.text, gauges.size, losses], ['retryable cancelled', 0, []])
})

test('a sender that leaves while its batch is still being joined is not sent for either', async t => {
  const sink = new GatedSink()
  const batch = { flush_timeout: 200, min_size: 3, max_size: 0, sizer: 'items' } as const
  const { clock, queue, gauges, send } = createBench(sink, { wait_for_result: true, batch })
  await queue.start()
  const leaving = new AbortController()
  const sent = send('a', leaving.signal)
  await settle()
  leaving.abort()
  await clock.advance(200)
  t.deepEqual([sent.text, sink.count, gauges.size], ['retryable cancelled', 0, 0])
})

test('the same batch may come in twice, and each sender gets its own verdict', async t => {
  const sink = new GatedSink()
  const { queue } = createBench(sink, { wait_for_result: true })
  await queue.start()
  const batch = sampleLogs(['a'])
  const [first, second] = [watch(queue.consume(batch, NEVER)), watch(queue.consume(batch, NEVER))]
  await settle()
  sink.waiting[0]!.answer(bad)
  await settle()
  sink.waiting[1]!.answer()
  await settle()
  t.deepEqual([first.text, second.text], ['permanent refused', 'ok'])
})

test('a joined batch that fails is one drop of all its records', async t => {
  const sink = new GatedSink()
  const batch = { flush_timeout: 200, min_size: 3, max_size: 0, sizer: 'items' } as const
  const { queue, losses, gauges, send } = createBench(sink, { batch })
  await queue.start()
  for (const letters of ['a', 'bc']) send(letters)
  await settle()
  t.is(sink.lettersWaiting, 'abc')
  t.is(gauges.size, 3)
  sink.waiting[0]!.answer(bad)
  await settle()
  t.deepEqual([losses, gauges.size], [['dropped refused 3'], 0])
})

test('stop sends everything that was acknowledged', async t => {
  const sink = new LogSink()
  sink.before = async () => await settle()
  const { context, queue, losses, send } = createBench(sink, { num_consumers: 2 })
  await queue.start()
  for (const letter of 'abcdefgh') send(letter)
  await queue.stop(NEVER)
  t.deepEqual(sink.bodies, 'abcdefgh'.split(''))
  t.deepEqual([losses, context.lines], [[], []])
})

test('stop without start still sends: what was acknowledged must not vanish', async t => {
  const sink = new LogSink()
  const { queue, send } = createBench(sink)
  send('ab')
  await queue.stop(NEVER)
  t.deepEqual(sink.bodies, ['a', 'b'])
})

test('after the begin of stop the queue refuses, retryably', async t => {
  const { queue, losses, send } = createBench(new GatedSink())
  await queue.start()
  send('a')
  await settle()
  const deadline = new AbortController()
  const stopped = queue.stop(deadline.signal)
  const late = send('b')
  await settle()
  t.is(late.text, 'retryable shutting_down')
  t.deepEqual(losses, ['refused shutting_down 1'])
  deadline.abort()
  await stopped
})

const isGivenUp = test.macro(async (t, abortFirst: boolean) => {
  const { context, queue, losses, counts, send } = createBench(new GatedSink())
  await queue.start()
  for (const letters of ['a', 'bc', 'd']) send(letters)
  await settle()
  const deadline = new AbortController()
  if (abortFirst) deadline.abort()
  const stopped = queue.stop(deadline.signal)
  deadline.abort()
  await stopped
  t.deepEqual(losses, ['dropped shutdown 1', 'dropped shutdown 2', 'dropped shutdown 1'])
  t.is(counts.dropped, 4)
  t.true(context.lines.every(({ level }) => level === 50))
  t.like(context.lines.at(-1), { records: 4, msg: 'stopped with acknowledged records unsent' })
})
test('at the deadline what is left is dropped, counted, and told at ERROR', isGivenUp, false)
test('a deadline that is over before the stop begins drops at once', isGivenUp, true)

test('at the deadline a waiting sender is told, so nothing is dropped', async t => {
  const { context, queue, losses, counts, send } = createBench(new GatedSink(), {
    wait_for_result: true,
  })
  await queue.start()
  const sent = [send('a'), send('b')]
  await settle()
  await queue.stop(AbortSignal.abort())
  await settle()
  t.deepEqual(
    sent.map(({ text }) => text),
    Array(2).fill('retryable shutdown'),
  )
  t.deepEqual([losses, counts.dropped, context.lines], [[], 0, []])
})

test('however batches are joined and cut, nothing is lost, doubled or overtaken, and every sender hears of its own', async t => {
  const shape = fc.record({
    num_consumers: fc.integer({ min: 1, max: 3 }),
    min_size: fc.integer({ min: 0, max: 30 }),
    max_size: fc.constantFrom(0, 1, 3, 10, 25),
  })
  await fc.assert(
    fc.asyncProperty(senders, shape, async (plan, { num_consumers, min_size, max_size }) => {
      const sink = new PickySink()
      const batch = { flush_timeout: 1, min_size, max_size, sizer: 'items' } as const
      const options = { ...CONFIG, queue_size: 1000, num_consumers, batch, wait_for_result: true }
      const config = { ...options, block_on_overflow: true }
      const { queue } = createBench(sink, config, systemClock as ManualClock)
      await queue.start()
      const sent = await sendAll(plan, queue)
      await queue.stop(NEVER)
      t.is(wrongWith(sent, sink), undefined)
      const sizes = sink.tries.map(({ bodies }) => bodies.length)
      t.true(max_size === 0 || sizes.every(size => size <= max_size))
    }),
    { numRuns: 60 },
  )
})
