import { definePlugin } from '#core'
import { otlpExporterConfig } from './config.ts'
import { createOtlpExporter } from './exporter.ts'

export const otlpExporter = definePlugin({
  kind: 'exporter',
  type: 'otlp',
  // The Collector is renaming its exporter to the second; both are current.
  synonyms: ['otlp_grpc'],
  stability: 'beta',
  summary: 'Sends to any OTLP/gRPC server: another Parsec, a Collector, a backend.',
  config: otlpExporterConfig,
  create: createOtlpExporter,
})
