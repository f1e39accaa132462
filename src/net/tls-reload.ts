import type { TlsOptions } from 'node:tls'
import type { Logger } from 'pino'
import type { TlsServerConfig } from './tls-config.ts'
import { loadTlsServerOptions } from './tls-options.ts'

const CLIENT_CA_RELOAD_MS = 10_000

/**
 * Reads certificate files again every `reload_interval` and hands them to the server: new
 * connections use them, old ones go on. Files that cannot be used leave the old ones in place.
 */
export class CertificateReload {
  readonly #config: TlsServerConfig
  readonly #logger: Logger
  readonly #apply: (options: TlsOptions) => void
  readonly #intervalMs: number
  #timer: NodeJS.Timeout | undefined

  constructor(config: TlsServerConfig, logger: Logger, apply: (options: TlsOptions) => void) {
    this.#config = config
    this.#logger = logger
    this.#apply = apply
    this.#intervalMs =
      config.reload_interval || (config.client_ca_file_reload ? CLIENT_CA_RELOAD_MS : 0)
  }

  start(): void {
    if (this.#intervalMs > 0)
      this.#timer = setInterval(() => this.#load(), this.#intervalMs).unref()
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  #load(): void {
    try {
      this.#apply(loadTlsServerOptions(this.#config))
    } catch (err) {
      this.#logger.warn({ err }, 'new TLS files cannot be used; the old ones stay in use')
    }
  }
}
