import { join } from 'node:path'
import test from 'ava'
import fc from 'fast-check'
import { z } from 'zod'
import { buildExportChain, type ExportChain } from '../../src/export/chain.ts'
import { exportChainFields } from '../../src/export/config.ts'
import { PipelineError } from '../../src/plugin/pipeline-error.ts'
import { LogSink } from '../../src/testing/log-sink.ts'
import { ManualClock, settle } from '../../src/testing/manual-clock.ts'
import { bodiesOf, sampleLogs } from '../../src/testing/sample-logs.ts'
import { createTestContext, type TestContext } from '../../src/testing/test-context.ts'
import { tempFolder } from '../helpers/temp-folder.ts'
import { until } from '../helpers/until.ts'
import { NEVER, type Verdict, watch } from '../helpers/verdict.ts'

/*
 * What an operator may rely on whatever the destination does, shown on whole chains: bounds,
 * identity, and what becomes of acknowledged records at the end.
 */

const SCHEMA = z.strictObject(exportChainFields('5s'))
const STEADY = { randomization_factor: 0, initial_interval: '1s', multiplier: 1 }

interface Bench {
  readonly sink: LogSink
  readonly clock: ManualClock
  readonly context: TestContext
  readonly chain: ExportChain
  readonly send: (letters: string, signal?: AbortSignal) => Verdict
}

/** A chain with the config of these keys, as users write them. */
function createBench(config: z.input<typeof SCHEMA> = {}): Bench {
  const sink = new LogSink()
  const clock = new ManualClock()
  const context = createTestContext('exporter', 'otlp')
  const random = (): number => 0.5
  const chain = buildExportChain(sink, SCHEMA.parse(config), context, { clock, random })
  const send = (letters: string, signal = NEVER): Verdict =>
    watch(chain.consume(sampleLogs(letters.split('')), signal))
  return { sink, clock, context, chain, send }
}

const busy = PipelineError.retryable('busy')
const refuse = (): never => {
  throw busy
}
const hang = async (): Promise<void> => await new Promise(() => {})

const errorsOf = ({ lines }: TestContext): unknown[] =>
  lines.filter(({ level }) => level === 50).map(({ msg, reason }) => reason ?? msg)

test('without queue and retries the sender hears of the one try', async t => {
  const off = { enabled: false }
  const { sink, chain, send } = createBench({ sending_queue: off, retry_on_failure: off })
  sink.before = refuse
  const sent = send('ab')
  await settle()
  t.is(sent.text, 'retryable unavailable')
  const { ledger, ...stats } = chain.stats()
  t.deepEqual(stats, { id: 'otlp', sent: 0, failed: 2, dropped: 0, dead_lettered: 0 })
  t.like(ledger, { in: 2, returned: 2, difference: 0 })
})

test('without queue the retries are made while the sender waits', async t => {
  const { sink, clock, send } = createBench({
    sending_queue: { enabled: false },
    retry_on_failure: STEADY,
  })
  sink.before = refuse
  const sent = send('a')
  await clock.advance(2500)
  t.is(sent.text, 'pending')
  sink.before = undefined
  await clock.advance(500)
  t.is(sent.text, 'ok')
})

test('a queue in memory warns that acknowledged records do not survive a crash', t => {
  const { context } = createBench()
  t.is(context.lines.length, 1)
  t.like(context.lines[0], { level: 40 })
  t.regex(
    String(context.lines[0]?.['msg']),
    /do not survive a crash; storage: file keeps them on disk/,
  )
})

test('with wait_for_result there is nothing to warn of', t => {
  t.deepEqual(createBench({ sending_queue: { wait_for_result: true } }).context.lines, [])
})

test('a try that times out is repeated, and the batch keeps its identity', async t => {
  const { sink, clock, chain, send } = createBench({ retry_on_failure: STEADY })
  const origins: unknown[] = []
  sink.before = async ({ origin }) => {
    origins.push(origin)
    if (origins.length < 4) await hang()
  }
  await chain.start?.()
  send('a')
  await clock.advance(30_000)
  t.deepEqual(sink.bodies, ['a'])
  t.is(origins.length, 4)
  t.is(new Set(origins).size, 1)
  t.regex(String(origins[0]), /^[0-9a-f]{32}$/)
})

test('a joined batch keeps its identity over retries', async t => {
  const batch = { min_size: 3, flush_timeout: '1s' }
  const { sink, clock, chain, send } = createBench({
    sending_queue: { batch },
    retry_on_failure: STEADY,
  })
  const tries: string[] = []
  sink.before = logs => {
    tries.push(`${logs.origin} ${bodiesOf(logs).join('')}`)
    if (tries.length < 3) throw busy
  }
  await chain.start?.()
  for (const letter of 'abc') send(letter)
  await clock.advance(10_000)
  t.is(tries.length, 3)
  t.is(new Set(tries).size, 1)
  t.regex(tries[0]!, /^[0-9a-f]{32} abc$/)
})

test('an exporter that always fails retryably cannot make the queue grow past queue_size', async t => {
  const { sink, clock, chain, send } = createBench({
    sending_queue: { sizer: 'items', queue_size: 20, num_consumers: 3 },
    retry_on_failure: STEADY,
  })
  sink.before = refuse
  await chain.start?.()
  const sent: Verdict[] = []
  for (let i = 0; i < 50; i++) {
    sent.push(send('ab'))
    await clock.advance(700)
    t.true(chain.stats().queue!.size <= 20)
  }
  const verdicts = sent.map(({ text }) => text)
  t.deepEqual(verdicts, [
    ...Array<string>(10).fill('ok'),
    ...Array<string>(40).fill('retryable queue_full'),
  ])
  sink.before = undefined
  await chain.stop(NEVER)
  t.is(sink.count, 20)
  t.is(chain.stats().dropped, 0)
})

test('what max_elapsed_time gives up is dropped, counted and an ERROR', async t => {
  const { sink, clock, context, chain, send } = createBench({
    retry_on_failure: { ...STEADY, max_elapsed_time: '3s' },
  })
  sink.before = refuse
  await chain.start?.()
  send('ab')
  await clock.advance(10_000)
  const { queue, concurrency, ledger, ...stats } = chain.stats()
  t.is(concurrency?.waiting, 0)
  t.is(ledger.difference, 0)
  t.deepEqual(stats, { id: 'otlp', sent: 0, failed: 2, dropped: 2, dead_lettered: 0 })
  t.is(queue?.size, 0)
  t.deepEqual(errorsOf(context), ['retries_exhausted'])
  t.regex(
    await context.metrics.registry.metrics(),
    /parsec_dropped_log_records_total\{component="otlp",reason="retries_exhausted"\} 2/,
  )
})

test('a stop under load loses nothing that was acknowledged', async t => {
  const { sink, context, chain, send } = createBench({
    sending_queue: { num_consumers: 4, batch: { min_size: 10, max_size: 10 } },
  })
  sink.before = async () => await settle()
  await chain.start?.()
  const sent: { letter: string; verdict: Verdict }[] = []
  const offer = (count: number): void => {
    for (let i = 0; i < count; i++) sent.push({ letter: 'a', verdict: send('a') })
  }
  offer(95)
  await settle()
  offer(42)
  const stopped = chain.stop(NEVER)
  offer(5)
  await stopped
  await settle()
  const acked = sent.filter(({ verdict }) => verdict.text === 'ok')
  t.is(acked.length, 137)
  t.is(sink.count, acked.length)
  t.is(chain.stats().sent, acked.length)
  t.deepEqual(errorsOf(context), [])
})

test('a stop wakes those who wait for the next try, and a destination that is back gets all', async t => {
  const { sink, clock, chain, send } = createBench({
    sending_queue: { num_consumers: 2 },
    retry_on_failure: { initial_interval: '1h', max_interval: '1h' },
  })
  sink.before = refuse
  await chain.start?.()
  for (const letter of 'abcd') send(letter)
  await clock.advance(5000)
  t.is(sink.count, 0)
  sink.before = undefined
  await chain.stop(NEVER)
  t.deepEqual(sink.bodies.toSorted(), ['a', 'b', 'c', 'd'])
})

const cannotBlock = test.macro(async (t, before: LogSink['before'], timeout: string) => {
  const { sink, context, chain, send } = createBench({
    timeout,
    sending_queue: { num_consumers: 1 },
  })
  sink.before = before
  await chain.start?.()
  for (const letters of ['a', 'bc', 'd']) send(letters)
  await settle()
  const deadline = new AbortController()
  let stopped = false
  const stopping = chain.stop(deadline.signal).then(() => {
    stopped = true
  })
  await settle()
  t.false(stopped)
  deadline.abort()
  await stopping
  const { queue, concurrency, ledger, ...stats } = chain.stats()
  t.is(concurrency?.waiting, 0)
  t.is(ledger.difference, 0)
  t.deepEqual(stats, { id: 'otlp', sent: 0, failed: 4, dropped: 4, dead_lettered: 0 })
  t.is(queue?.size, 0)
  t.deepEqual(errorsOf(context).slice(0, 1), ['shutdown'])
  t.like(
    context.lines.findLast(({ level }) => level === 50),
    {
      msg: 'stopped with acknowledged records unsent',
      records: 4,
    },
  )
})
test('a hanging exporter cannot block stop beyond its deadline', cannotBlock, hang, '1h')
test('nor without a timeout', cannotBlock, hang, '0s')
test(
  'nor one that listens to its signal',
  cannotBlock,
  async (_batch, signal) =>
    await new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(new Error('closed')))
      if (signal.aborted) reject(new Error('closed'))
    }),
  '0s',
)

type Answer = 'ok' | 'retryable' | 'permanent' | 'exception' | 'hang'

async function answerAs(answer: Answer): Promise<void> {
  if (answer === 'retryable') throw PipelineError.retryable('busy')
  if (answer === 'permanent') throw PipelineError.permanent('bad')
  if (answer === 'exception') throw new TypeError('oops')
  if (answer === 'hang') await hang()
}

test('under any failures every accepted record is sent once or counted as dropped, in order', async t => {
  const answers = fc.array(
    fc.constantFrom<Answer>('ok', 'ok', 'ok', 'retryable', 'permanent', 'exception', 'hang'),
    { maxLength: 40 },
  )
  const offers = fc.array(
    fc.record({ count: fc.integer({ min: 1, max: 6 }), pauseMs: fc.constantFrom(0, 0, 50, 3000) }),
    { minLength: 1, maxLength: 20 },
  )
  const batch = fc.option(fc.record({ min_size: fc.nat(10), max_size: fc.nat(8) }), {
    nil: undefined,
  })
  await fc.assert(
    fc.asyncProperty(answers, offers, batch, async (answers, offers, batch) => {
      const { sink, clock, chain } = createBench({
        sending_queue: { num_consumers: 1, sizer: 'items', queue_size: 25, batch },
        retry_on_failure: STEADY,
      })
      const namesOf = new Map<string, string>()
      let tries = 0
      sink.before = async logs => {
        const bodies = bodiesOf(logs).join()
        const name = namesOf.get(bodies)
        t.true(name === undefined || name === logs.origin, 'the same records, the same identity')
        namesOf.set(bodies, logs.origin!)
        await answerAs(answers[tries++] ?? 'ok')
      }
      await chain.start?.()
      const accepted: string[] = []
      for (const [offer, { count, pauseMs }] of offers.entries()) {
        const bodies = Array.from({ length: count }, (_, i) => `${offer}-${i}`)
        const sent = watch(chain.consume(sampleLogs(bodies), NEVER))
        await sent.promise
        if (sent.text === 'ok') accepted.push(...bodies)
        t.true(chain.stats().queue!.size <= 25)
        await clock.advance(pauseMs)
      }
      // Each try takes 5s and the wait after it 1s at most.
      await clock.advance(6000 * (answers.length + offers.length))
      const arrived = sink.bodies
      const { sent, dropped, failed, queue, ledger } = chain.stats()
      t.is(ledger.difference, 0)
      t.deepEqual(
        arrived,
        accepted.filter(body => arrived.includes(body)),
      )
      t.deepEqual([sent, dropped], [arrived.length, accepted.length - arrived.length])
      t.deepEqual([failed, queue?.size], [dropped, 0])
      await chain.stop(NEVER)
    }),
    { numRuns: 100 },
  )
})

test('the books are straight while a sender waits to be let in', async t => {
  const { sink, chain, send } = createBench({
    sending_queue: { sizer: 'items', queue_size: 2, block_on_overflow: true },
  })
  sink.before = hang
  await chain.start?.()
  send('ab')
  const waiting = send('cd')
  await settle()
  t.is(waiting.text, 'pending')
  t.like(chain.stats().ledger, { in: 4, queued: 4, difference: 0 })
  await chain.stop(AbortSignal.abort())
})

test('of a joined batch every sender hears of its own refused records', async t => {
  const { sink, chain, send } = createBench({
    sending_queue: {
      num_consumers: 1,
      wait_for_result: true,
      batch: { flush_timeout: '0s', min_size: 5 },
    },
  })
  // Of the third and fourth record of five.
  sink.before = batch => {
    const records = batch.slice(2, 4)
    const error = PipelineError.permanent('bad')
    throw PipelineError.permanent('bad', {
      rejected: { count: 2, parts: [{ records, origin: 'o', error }] },
    })
  }
  await chain.start?.()
  const [good, bad] = [send('ab'), send('cde')]
  await settle()
  t.is(good.text, 'ok')
  t.is(bad.error?.rejected?.count, 2)
  t.is(chain.stats().ledger.difference, 0)
  await chain.stop(NEVER)
})

test('on disk, a batch whose retries are over at once waits before it is tried anew', async t => {
  const directory = join(await tempFolder(t), 'queue')
  const { sink, clock, chain, send } = createBench({
    sending_queue: { storage: 'file', directory, num_consumers: 1 },
    retry_on_failure: { initial_interval: '60s', max_elapsed_time: '1s' },
  })
  let tries = 0
  sink.before = () => {
    tries++
    throw PipelineError.retryable('busy')
  }
  await chain.start?.()
  t.is((await send('a').promise, 'sent'), 'sent')
  await until(() => tries !== 0)
  for (let i = 0; i < 50; i++) await settle()
  t.is(tries, 1)
  for (let i = 0; i < 60; i++) await clock.advance(1000)
  t.true(tries > 1 && tries <= 61)
  await chain.stop(AbortSignal.abort())
})
