import { definePlugin } from '#core'
import { fileExporterConfig } from './config.ts'
import { FileExporter } from './exporter.ts'
import { workerPath } from './worker-path.ts'

export const fileExporter = definePlugin({
  kind: 'exporter',
  type: 'file',
  stability: 'beta',
  summary: 'Writes OTLP JSON lines or OTLP protobuf to a file, with rotation.',
  config: fileExporterConfig,
  forWorker: (config, worker) => ({ ...config, path: workerPath(config.path, worker) }),
  create: (config, context) => new FileExporter(config, context),
})
