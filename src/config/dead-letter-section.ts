import { z } from 'zod'
import { byteSize } from './fields.ts'
import type { DeadLetterConfig } from './service-config.ts'

/** The zod schema of `service::dead_letter`. */
export const deadLetterSchema: z.ZodType<DeadLetterConfig> = z
  .strictObject({
    directory: z.string().min(1).meta({
      description:
        'Where records go that a destination refuses for good, of all pipelines that name no dead_letter; made when it is not there.',
    }),
    max_size: byteSize(
      'Most bytes to keep. A full directory refuses, so that batches wait; nothing is deleted that was not replayed.',
      '1GiB',
    ),
  })
  .transform(({ directory, max_size }) => ({ directory, sizeBytesMax: max_size }))
