import { createLocalJWKSet, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose'
import { fetchJson } from './fetch-json.ts'

export interface IssuerKeysOptions {
  readonly issuerUrl: string
  /** PEM. */
  readonly ca: string | undefined
  /** Milliseconds that never jump back. */
  readonly now?: () => number
}

/** Keys are asked for again after this, so that one that was withdrawn ends to count. */
const KEYS_MS_MAX = 10 * 60_000
/** An unknown key asks for new ones, but not more often than this, whoever sends such tokens. */
const ASK_MS_MIN = 30_000
/** After a failure it is tried again this soon. */
const RETRY_MS = 5000

/** Thrown when the issuer cannot be asked for its keys. */
export class IssuerUnavailable extends Error {
  override readonly name = 'IssuerUnavailable'
}

/**
 * The keys an issuer signs with, by OpenID Connect Discovery. Asked for when the first token comes,
 * kept for 10 minutes, used on while the issuer is down.
 */
export class IssuerKeys {
  readonly #options: IssuerKeysOptions
  readonly #now: () => number
  #keys: JWTVerifyGetKey | undefined
  #askedAtMs = Number.NEGATIVE_INFINITY
  #failedAtMs = Number.NEGATIVE_INFINITY
  #failure = ''
  #asking: Promise<void> | undefined

  constructor(options: IssuerKeysOptions) {
    this.#options = options
    this.#now = options.now ?? ((): number => performance.now())
  }

  /** For jose. @throws IssuerUnavailable when there are no keys at all. */
  readonly get: JWTVerifyGetKey = async (header, token) => {
    if (this.#keys === undefined || this.#ageMs > KEYS_MS_MAX) await this.#ask()
    const keys = this.#keys
    if (keys === undefined) throw new IssuerUnavailable(this.#failure)
    try {
      return await keys(header, token)
    } catch (error) {
      const isUnknown = (error as { code?: string }).code === 'ERR_JWKS_NO_MATCHING_KEY'
      if (!isUnknown || this.#ageMs < ASK_MS_MIN) throw error
      await this.#ask()
      return await this.#keys!(header, token)
    }
  }

  get #ageMs(): number {
    return this.#now() - this.#askedAtMs
  }

  /** Never rejects: old keys stay. */
  async #ask(): Promise<void> {
    if (this.#now() - this.#failedAtMs < RETRY_MS) return
    this.#asking ??= this.#load()
      .catch((error: unknown) => {
        this.#failedAtMs = this.#now()
        this.#failure = error instanceof Error ? error.message : String(error)
      })
      .finally(() => (this.#asking = undefined))
    await this.#asking
  }

  async #load(): Promise<void> {
    const { issuerUrl, ca } = this.#options
    const base = issuerUrl.replace(/\/$/, '')
    const document = await fetchJson(`${base}/.well-known/openid-configuration`, ca)
    const { issuer, jwks_uri: url } = document as { issuer?: unknown; jwks_uri?: unknown }
    if (issuer !== issuerUrl) {
      throw new Error(`the issuer at ${issuerUrl} says it is ${JSON.stringify(issuer)}`)
    }
    if (typeof url !== 'string') throw new Error(`the issuer at ${issuerUrl} names no jwks_uri`)
    this.#keys = createLocalJWKSet((await fetchJson(url, ca)) as JSONWebKeySet)
    this.#askedAtMs = this.#now()
  }
}
