import { definePlugin } from '#core'
import { kafkaExporterConfig } from './config.ts'
import { KafkaExporter } from './exporter.ts'

export const kafkaExporter = definePlugin({
  kind: 'exporter',
  type: 'kafka',
  stability: 'beta',
  summary: "Writes to Kafka topics, in the Collector's formats.",
  config: kafkaExporterConfig,
  create: (config, context) => new KafkaExporter(config, context),
})
