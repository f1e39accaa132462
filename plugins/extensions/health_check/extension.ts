import type { Extension, ExtensionContext } from '#core'
import {
  formatHostPort,
  jsonReply,
  loadTlsServerOptions,
  type StatusReply,
  StatusServer,
} from '#core/net'
import type { HealthCheckConfig } from './config.ts'

/** One URL that says 200 or 503, for load balancers and orchestrators. */
export class HealthCheckExtension implements Extension {
  readonly #config: HealthCheckConfig
  readonly #context: ExtensionContext
  #server: StatusServer | undefined
  #url: string | undefined

  constructor(config: HealthCheckConfig, context: ExtensionContext) {
    this.#config = config
    this.#context = context
  }

  async start(): Promise<void> {
    const { endpoint, path, tls, check_collector_pipeline: pipelineCheck } = this.#config
    const { id, logger } = this.#context
    if (pipelineCheck?.enabled) {
      logger.warn('check_collector_pipeline has no effect; /health has the state of each component')
    }
    this.#server = new StatusServer({
      routes: new Map([[path, () => this.#reply()]]),
      ...(tls === undefined ? {} : { tls: loadTlsServerOptions(tls) }),
      onError: err => logger.error({ err }, 'cannot tell the health'),
    })
    const bound = await this.#server.start(endpoint, `extensions::${id}::endpoint`)
    this.#url = `${tls === undefined ? 'http' : 'https'}://${formatHostPort(bound)}${path}`
    logger.info({ url: this.#url }, 'health check is listening')
    this.#context.reportStatus('ok')
  }

  async stop(deadline: AbortSignal): Promise<void> {
    await this.#server?.stop(deadline)
  }

  endpoints(): readonly string[] {
    return this.#url === undefined ? [] : [this.#url]
  }

  #reply(): StatusReply {
    const { ready, since } = this.#context.health()
    const { healthy = '', unhealthy = '' } = this.#config.response_body ?? {}
    const status = ready ? 200 : 503
    const body = ready ? healthy : unhealthy
    if (body !== '') return { status, contentType: 'text/plain; charset=utf-8', body }
    if (!ready) return jsonReply(status, { status: 'Server not available' })
    const uptimeSeconds = (Date.now() - Date.parse(since)) / 1000
    return jsonReply(status, {
      status: 'Server available',
      upSince: since,
      uptime: `${uptimeSeconds.toFixed(3)}s`,
    })
  }
}
