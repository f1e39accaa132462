import { z } from 'zod'
import { byteSize } from '#core'
import { httpServerFields } from '#core/net'
import { SEVERITY_SCALES } from './severity.ts'

function urlPath(fallback: string, description: string): z.ZodType<string> {
  return z
    .string()
    .min(1)
    .default(fallback)
    .transform(path => (path.startsWith('/') ? path : `/${path}`))
    .meta({ description, default: fallback })
}

export const ingestReceiverConfig = z
  .strictObject({
    ...httpServerFields('localhost:8080'),
    max_request_body_size: byteSize(
      'Most bytes of a request body, before and after decompression.',
      '16MiB',
    ),
    path: urlPath('/ingest', 'Path for records.'),
    openapi_path: urlPath('/openapi.json', 'Path of the OpenAPI document of this API.'),
    max_records: z.number().int().min(1).max(1_000_000).default(10_000).meta({
      description: 'Most records in one request; beyond it the answer is 413.',
    }),
    max_attributes: z.number().int().min(1).max(10_000).default(256).meta({
      description: 'Most attributes of a record; one with more is refused.',
    }),
    severity_numbers: z.enum(SEVERITY_SCALES).default('otel').meta({
      description:
        'What a severity given as a number means: otel 1 to 24, syslog 0 to 7, pino (bunyan) and python in tens.',
    }),
  })
  .refine(({ path, openapi_path }) => path !== openapi_path, {
    path: ['openapi_path'],
    message: 'is the same as path',
  })

export type IngestReceiverConfig = z.output<typeof ingestReceiverConfig>
