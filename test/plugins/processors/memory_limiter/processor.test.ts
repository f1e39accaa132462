import test from 'ava'
import { buildLogs, type LogBatch, MemoryLimiter, PipelineError } from '#core'
import { createTestContext, LogSink } from '#core/testing'
import { memoryLimiterConfig } from '../../../../plugins/processors/memory_limiter/config.ts'
import { MemoryLimiterProcessor } from '../../../../plugins/processors/memory_limiter/processor.ts'
import { ForcedGc } from '../../../../src/memory/forced-gc.ts'

const MIB = 1024 ** 2
const signal = new AbortController().signal

function batch(): LogBatch {
  return buildLogs([{ records: [{ body: 'a' }, { body: 'b' }, { body: 'c' }] }], {
    requestId: 'test',
  })
}

function subject(config: object = { limit_mib: 100 }, totalBytes = 1000 * MIB) {
  const world = { nowMs: 0, externalBytes: 0 }
  const context = createTestContext('processor', 'memory_limiter')
  const sink = new LogSink()
  const parsed = memoryLimiterConfig.parse(config)
  const limiter = new MemoryLimiter(parsed, context, {
    read: () => ({
      rssBytes: 10 * MIB + world.externalBytes,
      heapUsedBytes: 5 * MIB,
      externalBytes: world.externalBytes,
    }),
    now: () => world.nowMs,
    gc: new ForcedGc(undefined),
    totalBytes: () => totalBytes,
    heapLimitBytes: 1000 * MIB,
  })
  const processor = new MemoryLimiterProcessor(parsed, context, sink, limiter)
  const count = async (metric: 'memoryLimiterAccepted' | 'memoryLimiterRefused') =>
    (await context.metrics[metric].get()).values.map(({ value, labels }) => [
      labels.processor,
      value,
    ])
  return { processor, sink, context, world, count }
}

test('with memory left, data passes and is counted', async t => {
  const { processor, sink, count } = subject()
  await processor.consume(batch(), signal)
  t.deepEqual(sink.bodies, ['a', 'b', 'c'])
  t.deepEqual(await count('memoryLimiterAccepted'), [['memory_limiter', 3]])
})

test('without, it is refused retryably with a time to wait, counted and shown', async t => {
  const { processor, sink, context, world, count } = subject({
    limit_mib: 100,
    check_interval: '3s',
  })
  world.externalBytes = 75 * MIB
  const error = await t.throwsAsync(processor.consume(batch(), signal), {
    instanceOf: PipelineError,
    message:
      'out of memory for now: memory in use is 85 MiB, data is refused from 80 MiB (limit 100 MiB)',
  })
  t.like(error, {
    code: 'unavailable',
    retryable: true,
    retryAfterMs: 3000,
    reason: 'memory_limit',
  })
  t.is(sink.count, 0)
  t.deepEqual(await count('memoryLimiterRefused'), [['memory_limiter', 3]])
  t.is(context.statuses.at(-1)?.status, 'recoverable_error')

  world.externalBytes = 0
  world.nowMs = 3000
  await processor.consume(batch(), signal)
  t.is(sink.count, 3)
  t.is(context.statuses.at(-1)?.status, 'ok')
})

test('a flood of refusals is one line, not one each', async t => {
  const { processor, context, world } = subject()
  world.externalBytes = 75 * MIB
  for (let i = 0; i < 100; i++) await t.throwsAsync(processor.consume(batch(), signal))
  t.is(context.lines.length, 1)
  await processor.stop()
})

test('a refusal further on passes unchanged', async t => {
  const { processor, sink } = subject()
  const refusal = PipelineError.permanent('no')
  sink.before = () => Promise.reject(refusal)
  t.is(await t.throwsAsync(processor.consume(batch(), signal)), refusal)
})

test('the clock reopens it without anybody asking', async t => {
  const { processor, context, world } = subject({ limit_mib: 100, check_interval: '5ms' })
  world.externalBytes = 75 * MIB
  await processor.start()
  t.teardown(() => processor.stop())
  t.is(context.statuses.at(-1)?.status, 'recoverable_error')
  world.externalBytes = 0
  while (context.statuses.at(-1)?.status !== 'ok') await new Promise(setImmediate)
  t.pass()
})

test('a limit above the memory there is, is said at the start', async t => {
  const { processor, context } = subject({ limit_mib: 2000 })
  await processor.start()
  await processor.stop()
  t.like(context.lines[0], { limit_mib: 2000, available_mib: 1000 })
  t.regex(String(context.lines[0]!['msg']), /more than the memory there is/)
})

test('stop without start is fine', async t => {
  await t.notThrowsAsync(subject().processor.stop())
})

test('while it refuses, the door of the process is shut, and what it saw there is not counted', async t => {
  const { processor, context, world } = subject()
  await processor.start()
  t.is(context.door.ask(1000 * MIB), undefined)
  t.is(context.door.ask(0), undefined)
  world.externalBytes = 75 * MIB
  world.nowMs = 1000
  t.like(context.door.ask(0), { reason: 'memory_limit', code: 'unavailable', retryable: true })
  await processor.stop()
  t.is(context.door.ask(0), undefined)
})
