import { definePlugin } from '#core'
import { AUTO, kafkaExporterConfig } from './config.ts'
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
    const { transactional_id: given } = producer
    // With `auto` it has one already, that of its queue.
    if (index === 0 || given === undefined || given === AUTO) return config
    return { ...config, producer: { ...producer, transactional_id: `${given}-worker-${index}` } }
  },
  create: (config, context) => new KafkaExporter(config, context),
})
