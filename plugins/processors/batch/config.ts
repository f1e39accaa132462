import { z } from 'zod'
import { duration } from '#core'

export const batchConfig = z
  .strictObject({
    timeout: duration('Send what there is after this long; 0 = send everything at once.', '200ms'),
    send_batch_size: z.number().int().nonnegative().default(8192).meta({
      description: 'Send as soon as this many log records are waiting.',
    }),
    send_batch_max_size: z.number().int().nonnegative().default(0).meta({
      description: 'Never send more log records than this at once; 0 = no bound.',
    }),
    metadata_keys: z.array(z.string().min(1)).default([]).meta({
      description:
        'Request headers (lower case) that keep batches apart; the receiver needs include_metadata.',
    }),
    metadata_cardinality_limit: z.number().int().min(1).default(1000).meta({
      description: 'The most different combinations of their values.',
    }),
  })
  .check(({ value, issues }) => {
    const { send_batch_max_size: max, send_batch_size: size } = value
    if (max === 0 || max >= size) return
    const message = `must be at least send_batch_size (${size}), or 0 for no bound`
    issues.push({ code: 'custom', message, path: ['send_batch_max_size'], input: max })
  })

export type BatchProcessorConfig = z.output<typeof batchConfig>
