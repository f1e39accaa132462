import { definePlugin } from '#core'
import { otlpReceiverConfig } from './config.ts'
import { OtlpReceiver } from './receiver.ts'

export const otlpReceiver = definePlugin({
  kind: 'receiver',
  type: 'otlp',
  stability: 'beta',
  summary: 'Receives logs by OTLP over gRPC and HTTP, in protobuf and JSON.',
  config: otlpReceiverConfig,
  create: (config, context, next) => new OtlpReceiver(config, context, next),
})
