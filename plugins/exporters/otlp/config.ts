import { z } from 'zod'
import { exportChainFields } from '#core'
import { grpcClientFields } from '#core/net'

/** The keys of the Collector's otlp (otlp_grpc) exporter. */
export const otlpExporterConfig = z.strictObject({
  ...grpcClientFields,
  ...exportChainFields('5s'),
})

export type OtlpExporterConfig = z.output<typeof otlpExporterConfig>
