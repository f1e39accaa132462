import { decodeJwt } from 'jose'
import {
  AuthGate,
  type AuthRequest,
  credentialsOf,
  type Extension,
  type ExtensionContext,
  type Verdict,
} from '#core'
import type { OidcConfig } from './config.ts'
import { Provider } from './provider.ts'

/** Lets senders in who show a token (JWT) of an OpenID Connect issuer. */
export class OidcExtension implements Extension {
  readonly #config: OidcConfig
  readonly #context: ExtensionContext
  readonly #providers: readonly Provider[]
  #remove: (() => void) | undefined

  constructor(config: OidcConfig, context: ExtensionContext) {
    this.#config = config
    this.#context = context
    const { id, logger } = context
    this.#providers = config.providers.map(
      (provider, index) =>
        new Provider({
          config: provider,
          key: `extensions::${id}::providers::${index}`,
          clockSkewMs: config.clock_skew,
          reloadMs: config.reload_interval,
          logger,
        }),
    )
  }

  /** @throws an Error that names the key when a file cannot be used. An issuer may be down. */
  async start(): Promise<void> {
    for (const provider of this.#providers) await provider.start()
    const { id, authenticators } = this.#context
    const gate = new AuthGate(this.#context, {
      challenge: 'Bearer realm="parsec"',
      hint: `send a token as ${this.#config.attribute}: Bearer`,
      verify: request => this.#verify(request),
    })
    this.#remove = authenticators.servers.add(id, gate)
  }

  async stop(): Promise<void> {
    this.#remove?.()
    for (const provider of this.#providers) provider.stop()
  }

  #verify(request: AuthRequest): Verdict | Promise<Verdict> {
    const found = credentialsOf(request, 'Bearer', this.#config.attribute.toLowerCase())
    if ('denied' in found) return found
    const token = found.credentials
    const issuer = issuerOf(token)
    if (issuer === undefined) return { denied: 'invalid', detail: 'not a JWT' }
    // Not verified yet: this only tells whose keys to verify it with.
    const provider = this.#providers.find(known => known.issuer === issuer)
    return provider?.verify(token) ?? { denied: 'invalid', detail: 'of another issuer' }
  }
}

function issuerOf(token: string): string | undefined {
  try {
    return decodeJwt(token).iss ?? ''
  } catch {
    return undefined
  }
}
