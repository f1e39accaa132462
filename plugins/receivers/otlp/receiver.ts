import type { Consumer, PluginContext, Receiver } from '#core'
import type { GrpcServer, HttpServer } from '#core/net'
import type { OtlpReceiverConfig } from './config.ts'
import { createGrpcProtocol } from './grpc-protocol.ts'
import { createHttpProtocol } from './http-protocol.ts'
import { Intake } from './intake.ts'

/** OTLP over gRPC, HTTP or both. */
export class OtlpReceiver implements Receiver {
  readonly #context: PluginContext
  readonly #grpc: GrpcServer | undefined
  readonly #http: HttpServer | undefined
  readonly #logsPath: string

  /** @throws an Error that names the key when TLS files are no good. */
  constructor({ protocols }: OtlpReceiverConfig, context: PluginContext, next: Consumer) {
    this.#context = context
    this.#logsPath = protocols.http?.logs_url_path ?? ''
    const key = `receivers::${context.id}::protocols`
    if (protocols.grpc !== undefined) {
      const intake = new Intake(context, next, 'grpc')
      this.#grpc = createGrpcProtocol(protocols.grpc, { ...context, key: `${key}::grpc` }, intake)
    }
    if (protocols.http !== undefined) {
      const intake = new Intake(context, next, 'http')
      this.#http = createHttpProtocol(protocols.http, { ...context, key: `${key}::http` }, intake)
    }
  }

  async start(): Promise<void> {
    await this.#grpc?.start()
    await this.#http?.start()
    this.#context.reportStatus('ok')
  }

  async stop(deadline: AbortSignal): Promise<void> {
    await Promise.all([this.#grpc?.stop(deadline), this.#http?.stop(deadline)])
  }

  endpoints(): readonly string[] {
    const grpc = this.#grpc?.url ?? ''
    const http = this.#http?.url ?? ''
    return [grpc, http && `${http}${this.#logsPath}`].filter(url => url !== '')
  }
}
