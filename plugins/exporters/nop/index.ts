import { definePlugin } from '#core'
import { nopExporterConfig } from './config.ts'
import { NopExporter } from './exporter.ts'

export const nopExporter = definePlugin({
  kind: 'exporter',
  type: 'nop',
  stability: 'stable',
  summary: 'Accepts everything and keeps nothing.',
  config: nopExporterConfig,
  create: () => new NopExporter(),
})
