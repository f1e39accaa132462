import test from 'ava'
import { memoryLimiterConfig } from '../../src/memory/config.ts'

test('the Collector keys are read, durations as milliseconds, with its defaults', t => {
  t.deepEqual(memoryLimiterConfig.parse({ limit_mib: 512, spike_limit_mib: 128 }), {
    check_interval: 1000,
    limit_mib: 512,
    spike_limit_mib: 128,
    min_gc_interval_when_soft_limited: 10_000,
    min_gc_interval_when_hard_limited: 0,
    max_gc_interval_when_soft_limited: 30_000,
    max_gc_interval_when_hard_limited: 30_000,
  })
})

const complains = test.macro((t, config: unknown, key: string, message: RegExp) => {
  const { success, error } = memoryLimiterConfig.safeParse(config)
  t.false(success)
  const issue = error?.issues.find(({ path }) => path.join() === key)
  t.regex(issue?.message ?? 'none', message)
})
test('a limit is needed', complains, {}, 'limit_mib', /limit_mib or limit_percentage/)
test('a zero limit is none', complains, { limit_mib: 0 }, 'limit_mib', />=1/)
test('101% is no limit', complains, { limit_percentage: 101 }, 'limit_percentage', /<=100/)
test(
  'check_interval 0 would never check',
  complains,
  { check_interval: '0s', limit_mib: 100 },
  'check_interval',
  /greater than 0/,
)
test(
  'a spike as large as the limit would let nothing pass',
  complains,
  { limit_mib: 100, spike_limit_mib: 100 },
  'spike_limit_mib',
  /is 100, must be smaller than limit_mib 100/,
)
test(
  'the same for percentages',
  complains,
  { limit_percentage: 50, spike_limit_percentage: 60 },
  'spike_limit_percentage',
  /is 60, must be smaller than limit_percentage 50/,
)
test(
  'collecting less often above the hard limit than above the soft one is a mistake',
  complains,
  { limit_mib: 100, min_gc_interval_when_hard_limited: '20s' },
  'min_gc_interval_when_soft_limited',
  /less than min_gc_interval_when_hard_limited/,
)
test('unknown keys are errors', complains, { limit_mib: 1, limit: 2 }, '', /limit/)
