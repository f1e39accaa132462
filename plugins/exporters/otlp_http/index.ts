import { definePlugin } from '#core'
import { otlpHttpExporterConfig } from './config.ts'
import { createOtlpHttpExporter } from './exporter.ts'

export const otlpHttpExporter = definePlugin({
  kind: 'exporter',
  type: 'otlp_http',
  aliases: ['otlphttp'],
  stability: 'beta',
  summary: 'Sends to any OTLP/HTTP server, in protobuf or JSON.',
  config: otlpHttpExporterConfig,
  create: createOtlpHttpExporter,
})
