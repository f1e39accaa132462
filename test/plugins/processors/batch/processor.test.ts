import test from 'ava'
import fc from 'fast-check'
import { batchConfig } from '../../../../plugins/processors/batch/config.ts'
import { BatchProcessor } from '../../../../plugins/processors/batch/processor.ts'
import type { LogBatch } from '../../../../src/batch/log-batch.ts'
import { buildLogs } from '../../../../src/otlp/build-logs.ts'
import { PipelineError } from '../../../../src/plugin/pipeline-error.ts'
import { LogSink } from '../../../../src/testing/log-sink.ts'
import { createTestContext } from '../../../../src/testing/test-context.ts'

const never = new AbortController().signal

function logs(bodies: readonly string[], metadata?: ReadonlyMap<string, string[]>): LogBatch {
  const context = { requestId: bodies.join(), ...(metadata ? { metadata } : {}) }
  return buildLogs([{ records: bodies.map(body => ({ body })) }], context)
}

function start(config: object): { processor: BatchProcessor; sink: LogSink } {
  const sink = new LogSink()
  const context = createTestContext('processor', 'batch')
  return { processor: new BatchProcessor(batchConfig.parse(config), context, sink), sink }
}

const sizes = (sink: LogSink): number[] => sink.batches.map(batch => batch.count)

test('small batches become one when enough records wait', async t => {
  const { processor, sink } = start({ send_batch_size: 3, timeout: '1h' })
  await Promise.all(['a', 'b', 'c'].map(body => processor.consume(logs([body]), never)))
  t.deepEqual(sink.bodies, ['a', 'b', 'c'])
  t.deepEqual(sizes(sink), [3])
})

test('what waits is sent when its time has come', async t => {
  const { processor, sink } = start({ send_batch_size: 1000, timeout: '5ms' })
  await processor.consume(logs(['a']), never)
  t.deepEqual(sink.bodies, ['a'])
})

test('a timeout of 0 sends everything at once', async t => {
  const { processor, sink } = start({ send_batch_size: 1000, timeout: '0s' })
  await processor.consume(logs(['a']), never)
  t.deepEqual(sizes(sink), [1])
})

test('no batch is larger than send_batch_max_size', async t => {
  const { processor, sink } = start({ send_batch_size: 2, send_batch_max_size: 2, timeout: '5ms' })
  await processor.consume(logs(['a', 'b', 'c', 'd', 'e']), never)
  t.deepEqual(sizes(sink), [2, 2, 1])
  t.deepEqual(sink.bodies, ['a', 'b', 'c', 'd', 'e'])
})

test('every sender of a merged batch hears its refusal', async t => {
  const { processor, sink } = start({ send_batch_size: 2, timeout: '1h' })
  sink.before = () => {
    throw PipelineError.retryable('down', { reason: 'down' })
  }
  const verdicts = await Promise.allSettled([
    processor.consume(logs(['a']), never),
    processor.consume(logs(['b']), never),
  ])
  for (const verdict of verdicts) {
    t.is(verdict.status, 'rejected')
    if (verdict.status === 'rejected') t.true(PipelineError.from(verdict.reason).retryable)
  }
})

test('a sender that leaves is told at once and keeps nobody else waiting', async t => {
  const { processor, sink } = start({ send_batch_size: 2, timeout: '20ms' })
  const sender = new AbortController()
  const leaving = processor.consume(logs(['gone']), sender.signal)
  await new Promise(resolve => setImmediate(resolve))
  sender.abort()
  const error = await t.throwsAsync(leaving, { instanceOf: PipelineError })
  t.is(error.code, 'cancelled')
  await Promise.all(['a', 'b'].map(body => processor.consume(logs([body]), never)))
  t.deepEqual(
    sink.bodies.filter(body => body !== 'gone'),
    ['a', 'b'],
  )
})

test('stop sends what waits, and senders hear of it', async t => {
  const { processor, sink } = start({ send_batch_size: 1000, timeout: '1h' })
  const sending = processor.consume(logs(['a']), never)
  await new Promise(resolve => setImmediate(resolve))
  await processor.stop(AbortSignal.timeout(5000))
  await sending
  t.deepEqual(sink.bodies, ['a'])
  await t.throwsAsync(processor.consume(logs(['late']), never), { name: 'PipelineError' })
})

test('metadata_keys keep batches apart, up to the limit', async t => {
  const { processor, sink } = start({
    send_batch_size: 2,
    timeout: '20ms',
    metadata_keys: ['tenant'],
    metadata_cardinality_limit: 2,
  })
  const of = (tenant: string): Map<string, string[]> => new Map([['tenant', [tenant]]])
  await Promise.all([
    processor.consume(logs(['a1'], of('a')), never),
    processor.consume(logs(['b1'], of('b')), never),
    processor.consume(logs(['a2'], of('a')), never),
  ])
  t.deepEqual(
    sizes(sink).toSorted((a, b) => a - b),
    [1, 2],
  )
  const error = await t.throwsAsync(processor.consume(logs(['c1'], of('c')), never))
  t.regex(String(error?.message), /more than 2 different values of tenant/)
})

test('send_batch_max_size below send_batch_size is a mistake', t => {
  const { error } = batchConfig.safeParse({ send_batch_size: 10, send_batch_max_size: 5 })
  t.deepEqual(error?.issues[0]?.path, ['send_batch_max_size'])
})

test('no record is lost or doubled, order is kept, verdicts are those of the own records', async t => {
  const property = fc.asyncProperty(
    fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 20 }),
    fc.integer({ min: 1, max: 10 }),
    fc.array(fc.boolean(), { minLength: 1, maxLength: 5 }),
    async (counts, size, failures) => {
      const { processor, sink } = start({
        send_batch_size: size,
        send_batch_max_size: size,
        timeout: '1ms',
      })
      let call = 0
      const refused = new Set<string>()
      sink.before = batch => {
        if (!failures[call++ % failures.length]) return
        const cursor = batch.cursor()
        for (let i = 0; i < batch.count; i++) refused.add(cursor.seek(batch.row(i)).bodyText())
        throw PipelineError.permanent('no')
      }
      const sent = counts.map((count, sender) =>
        Array.from({ length: count }, (_, i) => `${sender}.${i}`),
      )
      const verdicts = await Promise.allSettled(
        sent.map(bodies => processor.consume(logs(bodies), never)),
      )
      const arrived = sink.bodies
      t.is(new Set(arrived).size, arrived.length)
      t.is(arrived.length + refused.size, sent.flat().length)
      for (const [sender, bodies] of sent.entries()) {
        const own = arrived.filter(body => body.startsWith(`${sender}.`))
        t.deepEqual(
          own,
          bodies.filter(body => !refused.has(body)),
        )
        const failed = bodies.some(body => refused.has(body))
        t.is(verdicts[sender]!.status, failed ? 'rejected' : 'fulfilled')
      }
    },
  )
  await fc.assert(property, { numRuns: 50 })
})
