import { z } from 'zod'

export const debugExporterConfig = z
  .strictObject({
    verbosity: z.enum(['basic', 'normal', 'detailed']).default('basic').meta({
      description: 'basic: one line a batch; normal: one line a record; detailed: every field.',
    }),
    sampling_initial: z.number().int().nonnegative().default(2).meta({
      description: 'Batches shown in each second before sampling begins.',
    }),
    sampling_thereafter: z.number().int().nonnegative().default(1).meta({
      description: 'After those, show every n-th batch of the second; 1 = all, 0 = none.',
    }),
    use_internal_logger: z.boolean().default(true).meta({
      description: 'Write through the log of the process (service::telemetry::logs).',
    }),
    output_paths: z.array(z.string().min(1)).min(1).optional().meta({
      description:
        'With use_internal_logger false: stdout (default), stderr or files that are appended to.',
    }),
  })
  .superRefine(({ use_internal_logger: internal, output_paths: paths }, context) => {
    if (!internal || paths === undefined) return
    context.addIssue({
      code: 'custom',
      path: ['output_paths'],
      message: 'output_paths needs use_internal_logger: false',
    })
  })

export type DebugExporterConfig = z.output<typeof debugExporterConfig>
