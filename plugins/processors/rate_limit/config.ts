import { z } from 'zod'
import { byteSize, duration } from '#core'

const rates = {
  records_per_second: z.number().positive().optional().meta({
    description: 'Most log records in the long run; absent = no bound.',
  }),
  bytes_per_second: byteSize('Most bytes of records in the long run; 0 = no bound.', 0),
} as const

const limitConfig = z.strictObject(rates)

export type LimitConfig = z.output<typeof limitConfig>

export const rateLimitConfig = z
  .strictObject({
    keys: z
      .array(
        z
          .string()
          .regex(
            /^(?:auth\..+|metadata\..+|client\.address|resource\..+)$/,
            'must be auth.NAME, metadata.HEADER, client.address or resource.ATTRIBUTE',
          ),
      )
      .min(1)
      .default(['auth.tenant'])
      .meta({
        description:
          'What is limited, each value by itself: auth.tenant, auth.subject, metadata.HEADER (the receiver needs include_metadata), client.address, resource.ATTRIBUTE. Several together are one key.',
      }),
    ...rates,
    limits: z.record(z.string(), limitConfig).default({}).meta({
      description: 'Other limits for values of the key; several values are joined by a comma.',
    }),
    burst: duration('How much may come at once: the records and bytes of this time.', '2s'),
    keys_max: z.number().int().min(1).max(1_000_000).default(10_000).meta({
      description: 'Most values with limits of their own; all further ones share one limit.',
    }),
    metric_keys_max: z.number().int().min(0).max(10_000).default(100).meta({
      description: 'Most values that are labels of metrics; all further ones are "other".',
    }),
  })
  .superRefine((config, context) => {
    const hasLimit = (limit: LimitConfig): boolean =>
      limit.records_per_second !== undefined || limit.bytes_per_second > 0
    const issue = (path: string, message: string): void =>
      context.addIssue({ code: 'custom', path: [path], message })
    if (!hasLimit(config) && !Object.values(config.limits).some(hasLimit)) {
      issue('records_per_second', 'set records_per_second, bytes_per_second or limits')
    }
    if (config.burst < 1) issue('burst', 'must be at least 1ms')
  })

export type RateLimitConfig = z.output<typeof rateLimitConfig>
