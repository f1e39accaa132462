import test from 'ava'
import { memoryLimiterConfig } from '../../src/memory/config.ts'
import { memoryLimitOfWorker, resolveLimits } from '../../src/memory/limits.ts'

const MIB = 1024 ** 2

const limits = test.macro((t, config: object, hardMib: number, softMib: number) => {
  const { hardBytes, softBytes } = resolveLimits(memoryLimiterConfig.parse(config), 1000 * MIB)
  t.deepEqual([hardBytes / MIB, softBytes / MIB], [hardMib, softMib])
})
test('the spike defaults to 20% of the limit', limits, { limit_mib: 100 }, 100, 80)
test('a spike in MiB is taken off', limits, { limit_mib: 100, spike_limit_mib: 30 }, 100, 70)
test('percentages are of the total memory', limits, { limit_percentage: 75 }, 750, 600)
test(
  'so is the spike percentage',
  limits,
  { limit_percentage: 75, spike_limit_percentage: 25 },
  750,
  500,
)
test(
  'limit_mib wins over limit_percentage',
  limits,
  { limit_mib: 100, limit_percentage: 75 },
  100,
  80,
)

test('workers share the machine, and have their own limits in MiB', t => {
  const worker = { index: 1, count: 4 }
  const share = memoryLimiterConfig.parse({ limit_percentage: 80, spike_limit_percentage: 20 })
  const { hardBytes, softBytes } = resolveLimits(memoryLimitOfWorker(share, worker), 1000 * MIB)
  t.deepEqual([hardBytes / MIB, softBytes / MIB], [200, 150])
  const fixed = memoryLimiterConfig.parse({ limit_mib: 100 })
  t.deepEqual(memoryLimitOfWorker(fixed, worker), fixed)
})
