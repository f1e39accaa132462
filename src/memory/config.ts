import { z } from 'zod'
import { duration } from '../config/fields.ts'

const mib = z
  .number()
  .int()
  .min(1)
  .max(1024 ** 3)
const percentage = z.number().int().min(1).max(100)

/** The Collector's keys; `check_interval` has a default here. */
export const memoryLimiterConfig = z
  .strictObject({
    check_interval: duration(
      'How often memory is measured, beside the measurements that the bytes let through ask for. Must be above 0. The Collector has no default; 1s is its advice.',
      '1s',
    ),
    limit_mib: mib.optional().meta({
      description: 'Hard limit of the memory of the process. Wins over limit_percentage.',
    }),
    spike_limit_mib: mib.optional().meta({
      description:
        'Refuse from limit_mib minus this. Default: 20% of the limit. More for larger requests.',
    }),
    limit_percentage: percentage.optional().meta({
      description: 'Hard limit as a share of the memory of the container, or of the machine.',
    }),
    spike_limit_percentage: percentage.optional().meta({
      description: 'spike_limit_mib as a share of the same; goes with limit_percentage.',
    }),
    min_gc_interval_when_soft_limited: duration(
      'Least time from one forced collection that did not help to the next, above the soft limit.',
      '10s',
    ),
    min_gc_interval_when_hard_limited: duration(
      'The same above the hard limit; never less than check_interval.',
      '0s',
    ),
    max_gc_interval_when_soft_limited: duration(
      'Each collection that did not help doubles the wait, up to this; 0 = no doubling.',
      '30s',
    ),
    max_gc_interval_when_hard_limited: duration('The same above the hard limit.', '30s'),
  })
  .superRefine((config, context) => {
    const complain = (key: string, message: string): void =>
      context.addIssue({ code: 'custom', path: [key], message })
    if (config.check_interval <= 0) complain('check_interval', 'must be greater than 0, such as 1s')
    const { limit_mib: limit, limit_percentage: percent } = config
    if (limit === undefined && percent === undefined) {
      complain('limit_mib', 'set limit_mib or limit_percentage: without a limit nothing is limited')
    }
    smaller('spike_limit_mib', config.spike_limit_mib, 'limit_mib', limit)
    smaller('spike_limit_percentage', config.spike_limit_percentage, 'limit_percentage', percent)
    if (config.min_gc_interval_when_soft_limited < config.min_gc_interval_when_hard_limited) {
      complain(
        'min_gc_interval_when_soft_limited',
        'must not be less than min_gc_interval_when_hard_limited',
      )
    }

    function smaller(key: string, spike?: number, limitKey?: string, of?: number): void {
      if (spike === undefined || of === undefined || spike < of) return
      complain(key, `is ${spike}, must be smaller than ${limitKey} ${of}: nothing would pass`)
    }
  })

export type MemoryLimiterConfig = z.output<typeof memoryLimiterConfig>
