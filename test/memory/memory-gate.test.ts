import test from 'ava'
import { ForcedGc } from '../../src/memory/forced-gc.ts'
import { MemoryGate } from '../../src/memory/memory-gate.ts'

const MIB = 1024 ** 2
const BASELINE = 50 * MIB

/** A process with a limit of 1000 MiB, refusing from 800; it starts with 60 MiB of 110 in use. */
function subject(garbageBytes = () => 0) {
  const world = { nowMs: 0, heap: 10 * MIB, external: 0, rss: 60 * MIB, reads: 0, collections: 0 }
  const changes: string[] = []
  const gate = new MemoryGate({
    limits: { hardBytes: 1000 * MIB, softBytes: 800 * MIB },
    checkIntervalMs: 1000,
    gcSoft: { minMs: 10_000, maxMs: 30_000 },
    gcHard: { minMs: 1000, maxMs: 30_000 },
    gc: new ForcedGc(
      () => {
        world.collections++
        world.external -= garbageBytes()
        world.rss -= garbageBytes()
      },
      () => world.nowMs,
    ),
    read: () => {
      world.reads++
      return { rssBytes: world.rss, heapUsedBytes: world.heap, externalBytes: world.external }
    },
    now: () => world.nowMs,
    heapLimitBytes: 2000 * MIB,
    onChange: (refusing, why) => changes.push(`${refusing ? 'shut' : 'open'}: ${why}`),
  })
  /** Sets what is in use, resident as well. */
  const use = (external: number) => {
    world.external = external
    world.rss = BASELINE + world.heap + external
  }
  return { gate, world, changes, use }
}

test('there is room below the soft limit', t => {
  const { gate, use } = subject()
  use(700 * MIB)
  gate.check()
  t.is(gate.admit(MIB), undefined)
})

test('from the soft limit on it refuses, with the figures', t => {
  const { gate, use, changes } = subject()
  use(760 * MIB)
  gate.check()
  const why = 'memory in use is 820 MiB, data is refused from 800 MiB (limit 1000 MiB)'
  t.is(gate.admit(1), why)
  t.deepEqual(changes, [`shut: ${why}`])
})

test('it opens by itself when memory is free again', t => {
  const { gate, use, world, changes } = subject()
  use(760 * MIB)
  gate.check()
  t.truthy(gate.admit(1))
  use(100 * MIB)
  t.truthy(gate.admit(1), 'not measured again yet')
  world.nowMs += 100
  t.is(gate.admit(1), undefined)
  t.is(changes.at(-1), 'open: memory in use is 160 MiB again')
})

test('garbage is collected before anybody is refused', t => {
  const { gate, use, world, changes } = subject(() => 400 * MIB)
  use(760 * MIB)
  gate.check()
  t.is(world.collections, 1)
  t.is(gate.admit(1), undefined)
  t.deepEqual(changes, [])
})

test('collections that do not help become rare, above the hard limit as well', t => {
  const { gate, use, world } = subject()
  use(960 * MIB)
  for (; world.nowMs < 60_000; world.nowMs += 1000) gate.check()
  // At 0, 1, 3, 7, 15, 31 seconds: the wait doubles.
  t.is(world.collections, 6)
})

test('a burst between two ticks of the clock is measured, and stopped', t => {
  const { gate, use, world } = subject()
  gate.check()
  const reads = world.reads
  let admitted = 0
  while (gate.admit(5 * MIB) === undefined) {
    admitted += 5 * MIB
    use(admitted)
    if (admitted > 2000 * MIB) break
  }
  t.true(admitted <= 800 * MIB, `${admitted / MIB} MiB went through`)
  t.true(admitted >= 700 * MIB, `only ${admitted / MIB} MiB went through`)
  t.true(world.reads - reads < 50, `${world.reads - reads} measurements`)
})

test('a resident size above the bound refuses as long as much is in use', t => {
  const { gate, world } = subject()
  world.external = 500 * MIB
  world.rss = 810 * MIB
  for (; world.nowMs < 20_000; world.nowMs += 1000) {
    gate.check()
    t.is(gate.admit(1), 'resident memory is 810 MiB, data is refused from 800 MiB (limit 1000 MiB)')
  }
})

test('it never stays shut because freed pages stay resident', t => {
  const { gate, world, changes } = subject()
  world.rss = 1010 * MIB
  gate.check()
  t.truthy(gate.admit(1))
  world.nowMs += 1000
  gate.check()
  t.is(gate.admit(1), undefined)
  t.is(changes.length, 2)
  world.rss = 1050 * MIB
  world.nowMs += 1000
  gate.check()
  t.is(gate.admit(1), undefined, 'within 5% of what was tolerated')
  world.rss = 1070 * MIB
  gate.check()
  t.truthy(gate.admit(1), 'grown further')
})

test('not even when what is in use never gets less', t => {
  const { gate, world } = subject()
  world.external = 500 * MIB
  world.rss = 810 * MIB
  gate.check()
  world.nowMs += 30_000
  gate.check()
  t.is(gate.admit(1), undefined)
})

test('a resident size that comes down again forgets what was tolerated', t => {
  const { gate, world } = subject()
  world.rss = 1500 * MIB
  gate.check()
  world.nowMs += 1000
  gate.check()
  t.is(gate.admit(1), undefined)
  world.rss = 500 * MIB
  gate.check()
  world.rss = 810 * MIB
  gate.check()
  t.truthy(gate.admit(1))
})

test('memory that is allocated but was never touched does not count', t => {
  const { gate, world } = subject()
  world.external = 900 * MIB
  world.rss = 300 * MIB
  gate.check()
  t.is(gate.admit(1), undefined)
})

test('the limit of the JavaScript heap is a limit too', t => {
  const { gate, world } = subject()
  world.heap = 1701 * MIB
  world.rss = 700 * MIB
  gate.check()
  t.regex(gate.admit(1) ?? '', /heap is 1701 MiB, data is refused from 1700 MiB/)
})
