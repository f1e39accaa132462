import test from 'ava'
import { MemoryLimiter } from '#core'
import { createTestContext } from '#core/testing'
import { MemoryLimiterExtension } from '../../../../plugins/extensions/memory_limiter/extension.ts'
import { memoryLimiterExtension } from '../../../../plugins/extensions/memory_limiter/index.ts'
import { ForcedGc } from '../../../../src/memory/forced-gc.ts'
import { buildLogsRequest } from '../../../../src/otlp/build-logs.ts'
import { post, startReceiver } from '../../../helpers/otlp-receiver.ts'
import { configOf, sampleConfigs } from '../../../helpers/plugin-yaml.ts'

const MIB = 1024 ** 2
const good = buildLogsRequest([{ records: [{ body: 'hello' }] }])

test('the sample is a valid config', t => {
  t.is(sampleConfigs(memoryLimiterExtension).get('memory_limiter')?.limit_mib, 1024)
})

test('while memory is short, receivers refuse before they read, and take data again afterwards', async t => {
  const middlewares = [{ id: 'memory_limiter' }]
  const world = { externalBytes: 0, nowMs: 0 }
  const config = configOf(memoryLimiterExtension, 'limit_mib: 100')
  const context = createTestContext('extension', 'memory_limiter')
  const limiter = new MemoryLimiter(config, context, {
    read: () => ({
      rssBytes: 10 * MIB + world.externalBytes,
      heapUsedBytes: 5 * MIB,
      externalBytes: world.externalBytes,
    }),
    now: () => world.nowMs,
    gc: new ForcedGc(undefined),
    totalBytes: () => 1000 * MIB,
    heapLimitBytes: 1000 * MIB,
  })
  const extension = new MemoryLimiterExtension(config, context, limiter)
  await extension.start()
  t.teardown(() => extension.stop())
  const receiver = await startReceiver(t, { http: { middlewares } }, context.door)

  t.is((await post(receiver, 'application/x-protobuf', good)).status, 200)
  world.externalBytes = 75 * MIB
  world.nowMs = 1000
  const refused = await post(receiver, 'application/x-protobuf', good)
  t.is(refused.status, 503)
  t.is(refused.headers.get('retry-after'), '1')
  t.like(context.statuses.at(-1), { status: 'recoverable_error' })
  world.externalBytes = 0
  world.nowMs = 2000
  t.is((await post(receiver, 'application/x-protobuf', good)).status, 200)
  t.is(receiver.sink.count, 2)
})

test('a receiver that names it does not start without it', async t => {
  const middlewares = [{ id: 'memory_limiter' }]
  await t.throwsAsync(startReceiver(t, { grpc: { middlewares } }), {
    message: /protocols::grpc::middlewares: no extension "memory_limiter" guards requests/,
  })
})

test('it measures the process when it is not told otherwise', async t => {
  const context = createTestContext('extension', 'memory_limiter')
  const config = configOf(memoryLimiterExtension, 'limit_mib: 100000')
  const extension = memoryLimiterExtension.create(config, context)
  await extension.start?.()
  t.is(context.door.ask(1), undefined)
  await extension.stop?.(AbortSignal.timeout(1000))
})
