import { availableParallelism } from 'node:os'
import { z } from 'zod'

/** Above this it is a slip of the pen: more processes than cores are of no use. */
const WORKERS_MAX = 256

/** The zod schema of what of `service` is about worker processes. */
export const workersSchema: z.ZodType<{ readonly workers: number }> = z.strictObject({
  workers: z
    .union([z.number().int().min(1).max(WORKERS_MAX), z.literal('auto')])
    .default(1)
    .transform(workers => (workers === 'auto' ? availableParallelism() : workers))
    .meta({
      description:
        'Processes that share the ports, each with all pipelines; `auto` = one a core. A change needs a restart.',
      default: 1,
    }),
})
