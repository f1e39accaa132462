import { z } from 'zod'
import { byteSize, duration } from '#core'

const count = z.number().int().nonnegative()

/** The Collector's keys and defaults, and one bound of our own. */
export const batchProcessorConfig = z
  .strictObject({
    send_batch_size: count.default(8192).meta({
      description: 'Send as soon as this many log records are waiting; 0 = as they come.',
    }),
    timeout: duration('Send what is waiting after this time; 0 = as it comes.', '200ms'),
    send_batch_max_size: count.default(0).meta({
      description: 'Cut larger batches; 0 = no bound. Not less than send_batch_size.',
    }),
    metadata_keys: z.array(z.string().min(1)).default([]).meta({
      description:
        'Join only batches with the same values of these request headers; case does not matter.',
    }),
    metadata_cardinality_limit: z.number().int().min(1).default(1000).meta({
      description: 'Most combinations of such values waiting at once; more are refused, retryably.',
    }),
    held_bytes_max: byteSize(
      'Most memory in batches waiting or on their way; more is refused, retryably. Not in the Collector.',
      '128MiB',
    ),
  })
  .superRefine((config, context) => {
    const { send_batch_size: size, send_batch_max_size: max, metadata_keys: keys } = config
    if (max > 0 && max < size) {
      context.addIssue({
        code: 'custom',
        path: ['send_batch_max_size'],
        message: `is ${max}, must be 0 or not less than send_batch_size ${size}`,
      })
    }
    if (new Set(keys.map(key => key.toLowerCase())).size < keys.length) {
      context.addIssue({
        code: 'custom',
        path: ['metadata_keys'],
        message: 'names a key twice; case does not matter',
      })
    }
  })

export type BatchProcessorConfig = z.output<typeof batchProcessorConfig>
