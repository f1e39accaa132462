import { definePlugin } from '#core'
import { kafkaReceiverConfig } from './config.ts'
import { KafkaReceiver } from './receiver.ts'
import { KafkaReplay } from './replay.ts'

export const kafkaReceiver = definePlugin({
  kind: 'receiver',
  type: 'kafka',
  stability: 'beta',
  summary: 'Reads Kafka topics as a member of a consumer group; commits only what is stored.',
  config: kafkaReceiverConfig,
  create: (config, context, next) => new KafkaReceiver(config, context, next),
  replay: (config, context, next, request) => new KafkaReplay(config, context, next, request),
})
