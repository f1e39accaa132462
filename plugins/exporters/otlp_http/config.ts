import { z } from 'zod'
import { exportChainFields } from '#core'
import { httpClientFields } from '#core/net'

const OTHER_SIGNAL = 'Accepted for configs of the Collector; only logs are sent so far.'

const url = z
  .url({ protocol: /^https?$/, error: 'must be a URL such as https://collector.example.com:4318' })
  .refine(text => !URL.canParse(text) || new URL(text).username === '', {
    error: 'must not hold credentials: they would be logged; use headers',
  })

/** The keys of the Collector's otlp_http exporter. */
export const otlpHttpExporterConfig = z
  .strictObject({
    endpoint: url.optional().meta({ description: 'Base URL; /v1/logs is added to it.' }),
    logs_endpoint: url.optional().meta({ description: 'The whole URL for logs; wins.' }),
    traces_endpoint: url.optional().meta({ description: OTHER_SIGNAL }),
    metrics_endpoint: url.optional().meta({ description: OTHER_SIGNAL }),
    encoding: z.enum(['proto', 'json']).default('proto').meta({
      description: 'Protobuf, or OTLP JSON for servers and eyes that want it.',
    }),
    ...httpClientFields,
    ...exportChainFields('30s'),
  })
  .superRefine((config, context) => {
    if (config.endpoint !== undefined || config.logs_endpoint !== undefined) return
    context.addIssue({
      code: 'custom',
      path: ['endpoint'],
      message: 'set endpoint, such as https://collector.example.com:4318, or logs_endpoint',
    })
  })

export type OtlpHttpExporterConfig = z.output<typeof otlpHttpExporterConfig>
