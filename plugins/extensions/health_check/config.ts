import { z } from 'zod'
import { duration } from '#core'
import { tlsServerConfig } from '#core/net'

export const healthCheckConfig = z.strictObject({
  endpoint: z.string().default('localhost:13133').meta({
    description: 'host:port to listen on. 0.0.0.0:13133 for probes from outside.',
  }),
  path: z
    .string()
    .regex(/^\/[^?#\s]*$/, 'must begin with / and have neither ? nor #')
    .default('/')
    .meta({ description: 'The one path that answers.' }),
  tls: tlsServerConfig.optional().meta({ description: 'HTTPS; absent = plain HTTP.' }),
  response_body: z
    .strictObject({
      healthy: z.string().default('').meta({ description: 'Body of a 200; empty = JSON.' }),
      unhealthy: z.string().default('').meta({ description: 'Body of a 503; empty = JSON.' }),
    })
    .optional()
    .meta({ description: 'What to answer instead of the JSON.' }),
  check_collector_pipeline: z
    .strictObject({
      enabled: z.boolean().default(false).meta({ description: 'Without effect.' }),
      interval: duration('Without effect.', '5m'),
      exporter_failure_threshold: z.number().int().default(5).meta({
        description: 'Without effect.',
      }),
    })
    .optional()
    .meta({
      description: 'Accepted for old configs, without effect here as in the Collector.',
    }),
})

export type HealthCheckConfig = z.output<typeof healthCheckConfig>
