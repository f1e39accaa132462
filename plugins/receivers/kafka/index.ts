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
  // A name of one member: a second one with it would put the first out of the group.
  forWorker: (config, { index }) => {
    const { group_instance_id: given } = config
    if (index === 0 || given === '') return config
    return { ...config, group_instance_id: `${given}-worker-${index}` }
  },
  create: (config, context, next) => new KafkaReceiver(config, context, next),
  replay: (config, context, next, request) => new KafkaReplay(config, context, next, request),
})
