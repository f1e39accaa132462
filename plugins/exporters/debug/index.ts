import { definePlugin } from '#core'
import { debugExporterConfig } from './config.ts'
import { DebugExporter } from './exporter.ts'

export const debugExporter = definePlugin({
  kind: 'exporter',
  type: 'debug',
  stability: 'beta',
  summary: 'Shows log records on the console.',
  config: debugExporterConfig,
  create: (config, context) => new DebugExporter(config, context),
})
