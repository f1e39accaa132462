import { definePlugin } from '#core'
import { withConnectionAge } from '#core/net'
import { otlpReceiverConfig } from './config.ts'
import { OtlpReceiver } from './receiver.ts'

export const otlpReceiver = definePlugin({
  kind: 'receiver',
  type: 'otlp',
  stability: 'beta',
  summary: 'Receives logs by OTLP over gRPC and HTTP, in protobuf and JSON.',
  config: otlpReceiverConfig,
  forWorker: config => {
    const { grpc, ...others } = config.protocols
    if (grpc === undefined) return config
    return { ...config, protocols: { ...others, grpc: withConnectionAge(grpc) } }
  },
  create: (config, context, next) => new OtlpReceiver(config, context, next),
})
