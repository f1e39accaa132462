import { PipelineError } from '#core'
import { batchContext, GrpcServer, type GrpcServerContext } from '#core/net'
import type { OtlpReceiverConfig } from './config.ts'
import type { Intake } from './intake.ts'

type GrpcConfig = NonNullable<OtlpReceiverConfig['protocols']['grpc']>

const COLLECTOR = '/opentelemetry.proto.collector'
const LOGS = `${COLLECTOR}.logs.v1.LogsService/Export`
const OTHERS = [
  `${COLLECTOR}.trace.v1.TraceService/Export`,
  `${COLLECTOR}.metrics.v1.MetricsService/Export`,
  `${COLLECTOR}.profiles.v1development.ProfilesService/Export`,
]

/** A server for OTLP/gRPC, not started yet. */
export function createGrpcProtocol(
  config: GrpcConfig,
  context: GrpcServerContext,
  intake: Intake,
): GrpcServer {
  const server = new GrpcServer(config, context)
  server.unary(LOGS, call => {
    const metadata = config.include_metadata ? call.metadata : undefined
    const { clientAddress, identity } = call
    const origin = batchContext(call.header('x-request-id'), clientAddress, metadata, identity)
    return intake.take(call.message, 'protobuf', origin, call.signal)
  })
  for (const path of OTHERS) server.unary(path, onlyLogs, { listed: false })
  return server
}

function onlyLogs(): Promise<never> {
  const message = 'only logs are received by this endpoint yet'
  return Promise.reject(PipelineError.permanent(message, { code: 'unimplemented' }))
}
