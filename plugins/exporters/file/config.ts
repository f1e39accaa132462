import { z } from 'zod'
import { duration } from '#core'
import { zstdCompressor } from './zstd.ts'

const OCTAL = /^0?[0-7]{3}$/

const rotationConfig = z.strictObject({
  max_megabytes: z.number().int().min(1).default(100).meta({
    description: 'Size in MiB at which the file is renamed and a new one begun.',
  }),
  max_days: z.number().int().nonnegative().default(0).meta({
    description: 'Delete renamed files after this many days of 24 hours; 0 = never.',
  }),
  max_backups: z.number().int().nonnegative().default(100).meta({
    description: 'Renamed files to keep, the newest; 0 = all.',
  }),
  localtime: z.boolean().default(false).meta({
    description: 'Local time in the names of renamed files, instead of UTC.',
  }),
})

export const fileExporterConfig = z
  .strictObject({
    path: z.string().min(1).meta({ description: 'The file; relative to the working directory.' }),
    append: z.boolean().default(true).meta({
      description:
        'false: empty the file at the start, as the Collector does by default. true keeps what is there.',
    }),
    rotation: z
      .preprocess(rotation => (rotation === null ? {} : rotation), rotationConfig.optional())
      .meta({ description: 'Begin a new file when this one is large; absent = never.' }),
    format: z.enum(['json', 'proto']).default('json').meta({
      description:
        'json: one OTLP JSON object a line; proto: OTLP protobuf, each message after its length in 4 bytes, big-endian.',
    }),
    compression: z.enum(['none', 'zstd']).default('none').meta({
      description:
        'zstd: each message is compressed alone and follows its length in 4 bytes, whatever the format.',
    }),
    flush_interval: duration(
      'How often what was written is made safe against power loss (fdatasync); 0 = before each acknowledgement.',
      '1s',
    ),
    create_directory: z.boolean().default(false).meta({
      description: 'Create the directory of the file.',
    }),
    directory_permissions: z
      .string()
      .regex(OCTAL, 'write it as an octal string such as "0755"')
      .optional()
      .meta({ description: 'Of a created directory, minus the umask; "0755" by default.' }),
  })
  .superRefine((config, context) => {
    if (config.compression === 'zstd' && zstdCompressor() === undefined) {
      context.addIssue({
        code: 'custom',
        path: ['compression'],
        message: `zstd needs Node 22.15 or newer, this is ${process.version}`,
      })
    }
    if (config.directory_permissions !== undefined && !config.create_directory) {
      context.addIssue({
        code: 'custom',
        path: ['directory_permissions'],
        message: 'directory_permissions needs create_directory: true',
      })
    }
  })

export type FileExporterConfig = z.output<typeof fileExporterConfig>
export type RotationConfig = z.output<typeof rotationConfig>
