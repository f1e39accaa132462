import test from 'ava'
import { memoryLimiterConfig } from '../../src/memory/config.ts'
import { ForcedGc } from '../../src/memory/forced-gc.ts'
import { MemoryLimiter } from '../../src/memory/memory-limiter.ts'
import { createTestContext } from '../../src/testing/test-context.ts'

const MIB = 1024 ** 2

function subject(config: object = { limit_mib: 100 }) {
  const world = { nowMs: 0, externalBytes: 0, readings: 0 }
  const context = createTestContext('extension', 'memory_limiter')
  const limiter = new MemoryLimiter(memoryLimiterConfig.parse(config), context, {
    read: () => {
      world.readings++
      return {
        rssBytes: 10 * MIB + world.externalBytes,
        heapUsedBytes: 5 * MIB,
        externalBytes: world.externalBytes,
      }
    },
    now: () => world.nowMs,
    gc: new ForcedGc(undefined),
    totalBytes: () => 1000 * MIB,
    heapLimitBytes: 1000 * MIB,
  })
  return { limiter, context, world }
}

test('the wait it asks for grows for as long as it refuses', t => {
  const { limiter, world } = subject({ limit_mib: 100, check_interval: '2s' })
  world.externalBytes = 75 * MIB
  const waits = [0, 1000, 4000, 20_000, 100_000].map(nowMs => {
    world.nowMs = nowMs
    return limiter.admit(1)?.retryAfterMs
  })
  t.deepEqual(waits, [2000, 2000, 4000, 20_000, 30_000])
})

test('after a pause it starts anew', t => {
  const { limiter, world } = subject()
  world.externalBytes = 75 * MIB
  limiter.admit(1)
  world.nowMs = 20_000
  t.is(limiter.admit(1)?.retryAfterMs, 20_000)
  world.externalBytes = 0
  world.nowMs = 21_000
  t.is(limiter.admit(1), undefined)
  world.externalBytes = 75 * MIB
  world.nowMs = 30_000
  t.is(limiter.admit(1)?.retryAfterMs, 1000)
})

test('bytes that it counts at the door are measured before the clock comes round', t => {
  const { limiter, context, world } = subject()
  limiter.start({ countsAtDoor: true })
  t.teardown(() => limiter.stop())
  const before = world.readings
  world.externalBytes = 75 * MIB
  t.is(context.door.ask(MIB), undefined)
  t.is(world.readings, before)
  t.like(context.door.ask(2 * MIB), { reason: 'memory_limit' })
})

test('where it stands guard can be asked for', t => {
  const { limiter, context } = subject()
  limiter.start({ countsAtDoor: true })
  t.true(context.door.isGuardedBy('extension memory_limiter'))
  limiter.stop()
  t.false(context.door.isGuardedBy('extension memory_limiter'))
})
