import type { IncomingHttpHeaders } from 'node:http'

/** The Collector's `cors` block (confighttp). */
export interface CorsOptions {
  readonly allowed_origins: readonly string[]
  readonly allowed_headers: readonly string[]
  readonly exposed_headers: readonly string[]
  readonly max_age: number
}

/** Headers that a browser may send without being told so. */
const ALWAYS_ALLOWED = ['accept', 'content-type', 'origin', 'x-requested-with']

/**
 * Cross-origin rules: which browser pages may send to us. Origins may hold `*`, which stands for any
 * characters; `*` alone means everybody. Credentials are allowed, as in the Collector.
 */
export class Cors {
  readonly #options: CorsOptions
  readonly #origins: readonly RegExp[]
  readonly #allowedHeaders: ReadonlySet<string>

  constructor(options: CorsOptions) {
    this.#options = options
    this.#origins = options.allowed_origins.map(wildcard)
    this.#allowedHeaders = new Set([
      ...ALWAYS_ALLOWED,
      ...options.allowed_headers.map(name => name.toLowerCase()),
    ])
  }

  /** Headers for the answer to a request with this Origin. */
  headers(origin: string): Record<string, string> {
    if (!this.#allows(origin)) return { vary: 'Origin' }
    const { exposed_headers: exposed } = this.#options
    return {
      vary: 'Origin',
      'access-control-allow-origin': origin,
      'access-control-allow-credentials': 'true',
      ...(exposed.length === 0 ? {} : { 'access-control-expose-headers': exposed.join(', ') }),
    }
  }

  /** Headers for the answer (204) to a preflight: an OPTIONS request that asks for permission. */
  preflight(origin: string, headers: IncomingHttpHeaders): Record<string, string> {
    const vary = 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers'
    const asked = headers['access-control-request-headers'] ?? ''
    const names = asked.split(',').flatMap(name => name.trim().toLowerCase() || [])
    const headersOk =
      this.#allowedHeaders.has('*') || names.every(name => this.#allowedHeaders.has(name))
    const methodOk = ['GET', 'POST', 'HEAD'].includes(
      headers['access-control-request-method'] ?? '',
    )
    if (!this.#allows(origin) || !headersOk || !methodOk) return { vary }
    const { max_age: maxAge } = this.#options
    return {
      vary,
      'access-control-allow-origin': origin,
      'access-control-allow-credentials': 'true',
      'access-control-allow-methods': headers['access-control-request-method']!,
      ...(names.length === 0 ? {} : { 'access-control-allow-headers': names.join(', ') }),
      ...(maxAge === 0 ? {} : { 'access-control-max-age': String(maxAge) }),
    }
  }

  #allows(origin: string): boolean {
    return this.#origins.some(pattern => pattern.test(origin))
  }
}

function wildcard(origin: string): RegExp {
  const parts = origin.split('*').map(part => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${parts.join('.*')}$`, 'i')
}
