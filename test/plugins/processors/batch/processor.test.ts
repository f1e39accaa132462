import test from 'ava'
import fc from 'fast-check'
import { batchProcessor } from '../../../../plugins/processors/batch/index.ts'
import { BatchProcessor } from '../../../../plugins/processors/batch/processor.ts'
import { decodeLogs } from '../../../../src/otlp/decode-logs.ts'
import { encodeLogs } from '../../../../src/otlp/encode-logs.ts'
import { sharedController } from '../../../../src/plugin/abort.ts'
import { PipelineError } from '../../../../src/plugin/pipeline-error.ts'
import {
  bodiesOf,
  createTestContext,
  LogSink,
  ManualClock,
  processorContract,
  runPipeline,
  sampleLogs,
  settle,
} from '../../../../src/testing/index.ts'
import { PickySink, sendAll, senders, wrongWith } from '../../../helpers/merge-model.ts'
import { complaintsOf, configOf, sampleConfigs } from '../../../helpers/plugin-yaml.ts'

const never = sharedController().signal

function start(yaml: string, sink: LogSink = new LogSink()) {
  const clock = new ManualClock()
  const context = createTestContext('processor', 'batch')
  const processor = new BatchProcessor(configOf(batchProcessor, yaml), context, sink, clock)
  const outcomes: string[] = []
  const send = (bodies: string[], signal = never, metadata?: Record<string, string[]>) => {
    const batch = sampleLogs(
      bodies,
      metadata === undefined ? {} : { metadata: new Map(Object.entries(metadata)) },
    )
    const name = bodies.join('')
    return processor.consume(batch, signal).then(
      () => outcomes.push(`${name} ok`),
      (error: unknown) => outcomes.push(`${name} ${(error as PipelineError).reason}`),
    )
  }
  const batches = (): string[][] => sink.batches.map(bodiesOf)
  return { clock, context, processor, sink, send, outcomes, batches }
}

for (const { title, check } of processorContract(batchProcessor, { config: { timeout: '10ms' } })) {
  test(`contract: ${title}`, async t => {
    await t.notThrowsAsync(check())
  })
}

interface Case {
  readonly yaml: string
  /** One sender each. */
  readonly sent: string[]
  /** Batches at once, and after the timeout. */
  readonly now: string[]
  readonly later: string[]
}

const joins = test.macro(async (t, { yaml, sent, now, later }: Case) => {
  const run = start(yaml)
  const sending = sent.map(bodies => run.send(Array.from(bodies)))
  await settle()
  const texts = (): string[] => run.batches().map(bodies => bodies.join(''))
  t.deepEqual(texts(), now)
  await run.clock.advance(200)
  t.deepEqual(texts(), [...now, ...later])
  await Promise.all(sending)
  t.is(run.outcomes.length, sent.length)
  t.is(run.clock.pending, 0, 'a timer was left')
})

test('small batches wait for the timeout and go together', joins, {
  yaml: '{}',
  sent: ['a', 'bc', 'd'],
  now: [],
  later: ['abcd'],
})
test('enough records go at once, all of them', joins, {
  yaml: 'send_batch_size: 3',
  sent: ['ab', 'cd', 'e'],
  now: ['abcd'],
  later: ['e'],
})
test('a batch above send_batch_max_size is cut, and the rest waits', joins, {
  yaml: '{send_batch_size: 2, send_batch_max_size: 2}',
  sent: ['abcde'],
  now: ['ab', 'cd'],
  later: ['e'],
})
test('what is cut off goes with the next sender', joins, {
  yaml: '{send_batch_size: 3, send_batch_max_size: 3}',
  sent: ['ab', 'cdef'],
  now: ['abc', 'def'],
  later: [],
})
test('timeout 0 sends as it comes', joins, {
  yaml: 'timeout: 0s',
  sent: ['a', 'b'],
  now: ['a', 'b'],
  later: [],
})
test('send_batch_size 0 sends as it comes', joins, {
  yaml: 'send_batch_size: 0',
  sent: ['a', 'b'],
  now: ['a', 'b'],
  later: [],
})
test('waiting bytes are sent long before they reach held_bytes_max', joins, {
  yaml: 'held_bytes_max: 1300',
  sent: ['a', 'b'],
  now: ['ab'],
  later: [],
})

test('nobody is acknowledged before the next stage has accepted the merged batch', async t => {
  let accept: () => void = () => {}
  const sink = new LogSink()
  sink.before = () =>
    new Promise<void>(resolve => {
      accept = resolve
    })
  const run = start('send_batch_size: 2', sink)
  const sending = [run.send(['a']), run.send(['b'])]
  await settle()
  t.deepEqual(run.outcomes, [])
  accept()
  await Promise.all(sending)
  t.deepEqual(run.outcomes, ['a ok', 'b ok'])
})

test('everybody in a refused batch hears the refusal, the next batch is judged on its own', async t => {
  const sink = new LogSink()
  sink.before = batch => {
    if (bodiesOf(batch).includes('b')) throw PipelineError.permanent('no', { reason: 'bad' })
  }
  const run = start('send_batch_size: 2', sink)
  await Promise.all(['a', 'b', 'c', 'd'].map(body => run.send([body])))
  t.deepEqual(run.outcomes, ['a bad', 'b bad', 'c ok', 'd ok'])
})

test('the records of a sender that leaves are taken out, those of the others go', async t => {
  const run = start('{}')
  const sender = new AbortController()
  const sending = [run.send(['a'], sender.signal), run.send(['b'])]
  sender.abort()
  await settle()
  t.deepEqual(run.outcomes, ['a cancelled'])
  await run.clock.advance(200)
  await Promise.all(sending)
  t.deepEqual(run.batches(), [['b']])
})

test('one sender that leaves does not cancel the batch of the others; the last one does', async t => {
  const sink = new LogSink()
  const signals: AbortSignal[] = []
  sink.before = async (_batch, signal) => {
    signals.push(signal)
    await new Promise<void>(resolve => signal.addEventListener('abort', () => resolve()))
  }
  const run = start('send_batch_size: 2', sink)
  const [first, second] = [new AbortController(), new AbortController()]
  const sending = [run.send(['a'], first.signal), run.send(['b'], second.signal)]
  await settle()
  first.abort()
  await settle()
  t.is(signals[0]?.aborted, false)
  second.abort()
  t.is(signals[0]?.aborted, true)
  await Promise.all(sending)
})

test('stop sends what is waiting at once and waits for its verdict', async t => {
  const run = start('{}')
  const sending = run.send(['a'])
  await run.processor.stop(never)
  await sending
  t.deepEqual(run.outcomes, ['a ok'])
  await run.send(['b'])
  t.deepEqual(run.outcomes, ['a ok', 'b shutting_down'])
})

test('stop gives up on the next stage when the deadline passes', async t => {
  const sink = new LogSink()
  sink.before = (_batch, signal) =>
    new Promise<void>((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(PipelineError.retryable('gave up')))
    })
  const run = start('send_batch_size: 1', sink)
  const sending = run.send(['a'])
  const deadline = new AbortController()
  const stopped = run.processor.stop(deadline.signal)
  deadline.abort()
  await stopped
  await sending
  t.deepEqual(run.outcomes, ['a unavailable'])
})

test('batches are joined by metadata_keys only, whatever their case, and carry them', async t => {
  const run = start('metadata_keys: [X-Tenant]')
  const sending = [
    run.send(['a'], never, { 'x-tenant': ['1'], other: ['x'] }),
    run.send(['b'], never, { 'x-tenant': ['2'] }),
    run.send(['c'], never, { 'x-tenant': ['1'], other: ['y'] }),
    run.send(['d']),
  ]
  await run.clock.advance(200)
  await Promise.all(sending)
  t.deepEqual(run.batches(), [['a', 'c'], ['b'], ['d']])
  t.deepEqual(run.sink.batches[0]?.context.metadata, new Map([['x-tenant', ['1']]]))
})

test('more combinations than metadata_cardinality_limit are refused until one is sent', async t => {
  const run = start('{metadata_keys: [t], metadata_cardinality_limit: 1}')
  const first = run.send(['a'], never, { t: ['1'] })
  await run.send(['b'], never, { t: ['2'] })
  t.deepEqual(run.outcomes, ['b metadata_cardinality'])
  await run.clock.advance(200)
  await first
  const third = run.send(['c'], never, { t: ['2'] })
  await run.clock.advance(200)
  await third
  t.deepEqual(run.outcomes, ['b metadata_cardinality', 'a ok', 'c ok'])
})

test('more than held_bytes_max is refused retryably; what one sender brings always passes', async t => {
  const sink = new LogSink()
  let accept: () => void = () => {}
  sink.before = () =>
    new Promise<void>(resolve => {
      accept = resolve
    })
  const run = start('held_bytes_max: 10', sink)
  const first = run.send(['a'])
  await run.send(['b'])
  t.deepEqual(run.outcomes, ['b held_bytes_max'])
  accept()
  await first
  t.deepEqual(run.outcomes, ['b held_bytes_max', 'a ok'])
})

test('the same records cut in the same way have the same identity, others another', async t => {
  const origins = async (...bodies: string[]): Promise<(string | undefined)[]> => {
    const run = start('{send_batch_size: 2, send_batch_max_size: 2}')
    const sending = bodies.map(body =>
      run.processor.consume(sampleLogs(Array.from(body)).with({ origin: body }), never),
    )
    await run.clock.advance(200)
    await Promise.all(sending)
    return run.sink.batches.map(batch => batch.origin)
  }
  const once = await origins('abc', 'd')
  t.deepEqual(await origins('abc', 'd'), once)
  t.is(new Set(once).size, 2)
  t.is(once[0], 'abc[0-2]')
  t.notDeepEqual((await origins('abc', 'e'))[1], once[1])
})

test('an empty batch is accepted and nothing is sent', async t => {
  const run = start('send_batch_size: 0')
  await run.processor.consume(sampleLogs([]), never)
  t.deepEqual(run.batches(), [])
})

test('a batch that cannot be merged is refused to all its senders, none waits for ever', async t => {
  const run = start('send_batch_size: 2')
  const broken = sampleLogs(['a']).with({
    resourceOverlay: new Map([[0, Buffer.from([0x0a, 0xff])]]),
  })
  const verdicts = await Promise.all(
    [broken, sampleLogs(['b'])].map(batch =>
      run.processor.consume(batch, never).catch((error: unknown) => error),
    ),
  )
  t.true(verdicts.every(error => error instanceof PipelineError && error.retryable))
})

test('however batches are joined and cut, nothing is lost, doubled or misjudged', async t => {
  const sizes = fc.record({ size: fc.integer({ min: 0, max: 9 }), more: fc.integer({ max: 9 }) })
  await fc.assert(
    fc.asyncProperty(senders, sizes, async (plan, { size, more }) => {
      const max = more < 0 ? 0 : size + more
      const sink = new PickySink()
      const config = configOf(
        batchProcessor,
        `{send_batch_size: ${size}, send_batch_max_size: ${max}, timeout: 1ms}`,
      )
      const context = createTestContext('processor', 'batch')
      const sent = await sendAll(plan, new BatchProcessor(config, context, sink))
      t.is(wrongWith(sent, sink), undefined)
      if (max > 0) t.true(sink.tries.every(({ bodies }) => bodies.length <= max))
    }),
    { numRuns: 60 },
  )
})

test('a merged batch encodes to the records of all its senders', async t => {
  const run = start('send_batch_size: 3')
  await Promise.all([run.send(['a']), run.send(['b', 'c'])])
  const [batch] = run.sink.batches
  const decoded = decodeLogs(encodeLogs(batch!), { requestId: 'x' }).batch
  t.deepEqual(bodiesOf(decoded), ['a', 'b', 'c'])
})

test('from YAML: senders share one batch at the exporter, and it is counted', async t => {
  const run = await runPipeline(t, 'processors: {batch: {send_batch_size: 4}}', [batchProcessor])
  await Promise.all([run.send(sampleLogs(['a', 'b'])), run.send(sampleLogs(['c', 'd']))])
  t.is(run.sink().batches.length, 1)
  t.deepEqual(run.sink().bodies, ['a', 'b', 'c', 'd'])
  const metrics = await run.metrics.registry.metrics()
  t.regex(metrics, /batch_batch_size_trigger_send_total\{processor="batch"\} 1/)
  t.regex(metrics, /batch_batch_send_size_sum\{processor="batch"\} 4/)
})

test('the sample is valid', t => {
  t.is(sampleConfigs(batchProcessor).get('batch')?.send_batch_max_size, 16384)
})

const refuses = test.macro((t, yaml: string, ...complaints: string[]) => {
  t.deepEqual(complaintsOf(batchProcessor, yaml), complaints)
})

test(
  'a maximum below the trigger is refused',
  refuses,
  'send_batch_max_size: 10',
  'send_batch_max_size: is 10, must be 0 or not less than send_batch_size 8192',
)
test(
  'a key named twice is refused',
  refuses,
  'metadata_keys: [a, A]',
  'metadata_keys: names a key twice; case does not matter',
)
