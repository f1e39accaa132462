import type { ConnectionOptions } from 'node:tls'
import { decodeExportResponse, type PartialSuccess } from '../otlp/export-response.ts'
import type { ClientAuthenticator } from '../plugin/authenticator.ts'
import { PipelineError } from '../plugin/pipeline-error.ts'
import type { GrpcClientConfig } from './client-config.ts'
import { GrpcClient } from './grpc-client.ts'
import { type GrpcTarget, parseGrpcTarget } from './grpc-target.ts'
import {
  type OtlpSender,
  RESPONSE_BYTES_MAX,
  type SendOptions,
  TIMEOUT_MS_MAX,
} from './otlp-sender.ts'
import { loadTlsClientOptions } from './tls-options.ts'

const LOGS_PATH = '/opentelemetry.proto.collector.logs.v1.LogsService/Export'

/** Sends OTLP over gRPC. Connects when there is something to send. */
export class OtlpGrpcSender implements OtlpSender {
  readonly destination: string
  readonly #client: GrpcClient
  readonly #auth: ClientAuthenticator | undefined

  /** Throws an Error when a certificate or key cannot be used. */
  constructor(config: GrpcClientConfig, auth?: ClientAuthenticator) {
    this.#auth = auth
    const target = parseGrpcTarget(config.endpoint)
    this.destination = 'path' in target.address ? target.address.path : target.authority
    this.#client = new GrpcClient({
      target,
      tls: tlsOf(config, target),
      headers: config.headers,
      compression: config.compression,
      compressionLevel: config.compression_params.level,
      balancer: config.balancer_name,
      keepalive: {
        timeMs: config.keepalive.time,
        timeoutMs: config.keepalive.timeout,
        permitWithoutStream: config.keepalive.permit_without_stream,
      },
      waitForReady: config.wait_for_ready,
      authority: config.authority,
      requestBytesMax: config.max_request_size,
      responseBytesMax: RESPONSE_BYTES_MAX,
    })
  }

  async sendLogs(request: Buffer, options: SendOptions): Promise<PartialSuccess | undefined> {
    const timeoutMs = options.timeoutMs === 0 ? TIMEOUT_MS_MAX : options.timeoutMs
    const response = await this.#client.unary(LOGS_PATH, request, {
      ...options,
      timeoutMs,
      ...(this.#auth === undefined ? {} : { headers: this.#auth.headers() }),
    })
    if (response.length === 0) return undefined
    try {
      return decodeExportResponse('protobuf', response)
    } catch (cause) {
      const text = `${this.destination} answered OK with a broken message`
      throw PipelineError.permanent(text, { code: 'internal', reason: 'broken_response', cause })
    }
  }

  close(deadline?: AbortSignal): Promise<void> {
    return this.#client.close(deadline)
  }
}

/** The scheme of the endpoint, when it has one, wins over `tls::insecure`, as in the Collector. */
function tlsOf(config: GrpcClientConfig, target: GrpcTarget): ConnectionOptions | undefined {
  if (target.tls === false) return undefined
  const insecure = target.tls === undefined && config.tls.insecure
  return loadTlsClientOptions({ ...config.tls, insecure })
}
