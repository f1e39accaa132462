import { z } from 'zod'
import { duration } from '#core'

export const fileStorageConfig = z.strictObject({
  directory: z.string().min(1).default('/var/lib/otelcol/file_storage').meta({
    description: 'In it, every exporter whose sending_queue names this storage gets a directory.',
  }),
  fsync: z.boolean().default(true).meta({
    description:
      'Acknowledge only what is on the disk. false: a power cut loses what was acknowledged last. The Collector does not sync unless told to.',
  }),
  create_directory: z.boolean().default(true).meta({
    description: 'Make the directory if it is missing; false: refuse to start then.',
  }),
  directory_permissions: z
    .string()
    .regex(/^0?[0-7]{3}$/, 'must be octal, such as 0750')
    .default('0700')
    .meta({ description: 'Mode of a directory that is made. Files are always private.' }),
  timeout: duration(
    'Accepted for the Collector: a directory that is in use is told at once.',
    '1s',
  ),
  recreate: z.boolean().optional().meta({
    description: 'Accepted for the Collector.',
    unused: 'damage is passed over and counted, a queue is never thrown away',
  }),
  compaction: z.record(z.string(), z.unknown()).optional().meta({
    description: 'Accepted for the Collector.',
    unused: 'files are put away as soon as their records are sent',
  }),
})

export type FileStorageConfig = z.output<typeof fileStorageConfig>
