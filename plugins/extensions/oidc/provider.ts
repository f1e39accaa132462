import { readFileSync } from 'node:fs'
import { errors, type JWTPayload, type JWTVerifyOptions, jwtVerify } from 'jose'
import type { Logger } from 'pino'
import { ReloadedFile, type Verdict } from '#core'
import type { ProviderConfig } from './config.ts'
import { type FileKeys, parseKeys } from './file-keys.ts'
import { IssuerKeys, IssuerUnavailable } from './issuer-keys.ts'

/** Signatures that only the issuer can make: a shared secret would make every verifier one. */
const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
]

export interface ProviderOptions {
  readonly config: ProviderConfig
  /** Where it is configured: `extensions::oidc::providers::0`. */
  readonly key: string
  readonly clockSkewMs: number
  readonly reloadMs: number
  readonly logger: Logger
}

/** One issuer whose tokens are taken. */
export class Provider {
  readonly issuer: string
  readonly #options: ProviderOptions
  #issuerKeys: IssuerKeys | undefined
  #fileKeys: FileKeys | undefined
  #file: ReloadedFile | undefined

  constructor(options: ProviderOptions) {
    this.issuer = options.config.issuer_url
    this.#options = options
  }

  /** @throws an Error that names the key when a file cannot be used. */
  async start(): Promise<void> {
    const { config, key, reloadMs: intervalMs, logger } = this.#options
    const { public_keys_file: path, issuer_url: issuerUrl, issuer_ca_path: caPath } = config
    if (path === undefined) {
      this.#issuerKeys = new IssuerKeys({ issuerUrl, ca: readCa(caPath, key) })
      return
    }
    const apply = (text: string): void => {
      this.#fileKeys = parseKeys(text)
    }
    const file = { path, key: `${key}::public_keys_file`, intervalMs, logger, apply }
    this.#file = new ReloadedFile(file)
    await this.#file.start()
  }

  stop(): void {
    this.#file?.stop()
  }

  /** What a token of this issuer says. */
  async verify(token: string): Promise<Verdict> {
    try {
      return this.#identity(await this.#payload(token))
    } catch (error) {
      if (error instanceof IssuerUnavailable) {
        return { denied: 'unavailable', detail: `keys of the issuer: ${error.message}` }
      }
      if (error instanceof errors.JWTExpired) return { denied: 'expired' }
      if (!(error instanceof errors.JOSEError)) throw error
      // What jose says names a claim or a key, and never the token.
      return { denied: 'invalid', detail: error.message }
    }
  }

  async #payload(token: string): Promise<JWTPayload> {
    const { config, clockSkewMs } = this.#options
    const options: JWTVerifyOptions = {
      issuer: config.issuer_url,
      algorithms: ALGORITHMS,
      clockTolerance: clockSkewMs / 1000,
      requiredClaims: ['exp'],
      ...(config.ignore_audience ? {} : { audience: config.audience }),
    }
    const keys = this.#fileKeys
    if (keys === undefined) {
      return (await jwtVerify(token, this.#issuerKeys!.get, options)).payload
    }
    if (keys.kind === 'jwks') return (await jwtVerify(token, keys.get, options)).payload
    for (const key of keys.keys) {
      try {
        return (await jwtVerify(token, key, options)).payload
      } catch (error) {
        // Claims are looked at only once the signature is right: then it was this key.
        const isRightKey =
          error instanceof errors.JWTExpired || error instanceof errors.JWTClaimValidationFailed
        if (isRightKey) throw error
      }
    }
    throw new errors.JWKSNoMatchingKey()
  }

  #identity(payload: JWTPayload): Verdict {
    const { config } = this.#options
    const subject = textOf(payload[config.username_claim || 'sub'])
    if (subject === undefined) {
      return { denied: 'invalid', detail: `no ${config.username_claim || 'sub'} in the token` }
    }
    const claims = new Map<string, string>()
    for (const [name, value] of Object.entries(payload)) {
      const text = textOf(value)
      if (text !== undefined) claims.set(`claims.${name}`, text)
    }
    const groups = config.groups_claim === '' ? undefined : wordsOf(payload[config.groups_claim])
    if (groups !== undefined) claims.set('membership', groups.join(','))
    const tenant = config.tenant_claim === '' ? undefined : textOf(payload[config.tenant_claim])
    const scopes =
      config.scope_claim === '' ? undefined : new Set(wordsOf(payload[config.scope_claim]))
    return { subject, tenant, scopes, claims }
  }
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined
}

/** A list, or words as in OAuth's `scope`. */
function wordsOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.filter(item => typeof item === 'string')
  return typeof value === 'string' ? value.split(/\s+/).filter(word => word !== '') : []
}

function readCa(path: string | undefined, key: string): string | undefined {
  try {
    return path === undefined ? undefined : readFileSync(path, 'utf8')
  } catch (cause) {
    throw new Error(`${key}::issuer_ca_path: ${(cause as Error).message}`, { cause })
  }
}
