import { z } from 'zod'
import { grpcServerFields, httpServerFields } from '#core/net'

function urlPath(fallback: string, description: string): z.ZodType<string> {
  return z
    .string()
    .min(1)
    .default(fallback)
    .transform(path => (path.startsWith('/') ? path : `/${path}`))
    .meta({ description, default: fallback })
}

const grpcConfig = z.strictObject(grpcServerFields('localhost:4317'))
const httpConfig = z.strictObject({
  ...httpServerFields('localhost:4318'),
  logs_url_path: urlPath('/v1/logs', 'Path for logs.'),
  traces_url_path: urlPath('/v1/traces', 'Path for traces, which are answered with 404 yet.'),
  metrics_url_path: urlPath('/v1/metrics', 'Path for metrics, which are answered with 404 yet.'),
})

/** The Collector's way to switch a protocol on: `grpc:` with nothing behind it. */
const protocolsConfig = z
  .strictObject({
    grpc: z
      .union([grpcConfig, z.null().transform(() => grpcConfig.parse({}))])
      .optional()
      .meta({ description: 'OTLP/gRPC; absent = off, empty = the defaults.' }),
    http: z
      .union([httpConfig, z.null().transform(() => httpConfig.parse({}))])
      .optional()
      .meta({ description: 'OTLP/HTTP in protobuf and JSON; absent = off, empty = the defaults.' }),
  })
  .refine(
    protocols => protocols.grpc !== undefined || protocols.http !== undefined,
    'name at least one protocol: grpc, http or both',
  )

export const otlpReceiverConfig = z.strictObject({
  protocols: protocolsConfig.meta({ description: 'The protocols to listen for.' }),
})

export type OtlpReceiverConfig = z.output<typeof otlpReceiverConfig>
