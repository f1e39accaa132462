import { definePlugin } from '#core'
import { fileExporterConfig } from './config.ts'
import { FileExporter } from './exporter.ts'

export const fileExporter = definePlugin({
  kind: 'exporter',
  type: 'file',
  stability: 'beta',
  summary: 'Writes OTLP JSON lines or OTLP protobuf to a file, with rotation.',
  config: fileExporterConfig,
  create: (config, context) => new FileExporter(config, context),
})
