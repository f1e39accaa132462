import { definePlugin } from '#core'
import { kafkaExporterConfig } from './config.ts'
import { KafkaExporter } from './exporter.ts'

export const kafkaExporter = definePlugin({
  kind: 'exporter',
  type: 'kafka',
  stability: 'beta',
  summary: "Writes to Kafka topics, in the Collector's formats.",
  config: kafkaExporterConfig,
  // A transactional id belongs to one process: a second one with it would fence off the first.
  forWorker: (config, { index }) => {
    const { producer } = config
    if (index === 0 || producer.transactional_id === undefined) return config
    const transactional_id = `${producer.transactional_id}-worker-${index}`
    return { ...config, producer: { ...producer, transactional_id } }
  },
  create: (config, context) => new KafkaExporter(config, context),
})
