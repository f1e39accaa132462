import { timingSafeEqual } from 'node:crypto'
import {
  AuthGate,
  type AuthRequest,
  credentialsOf,
  type Extension,
  type ExtensionContext,
  ReloadedFile,
  sha256,
  type Verdict,
} from '#core'
import type { BearerTokenAuthConfig } from './config.ts'

/** Tokens that are the same for everybody: senders must show one, exporters send the first. */
export class BearerTokenAuthExtension implements Extension {
  readonly #config: BearerTokenAuthConfig
  readonly #context: ExtensionContext
  readonly #header: string
  #tokens: readonly string[] = []
  #hashes: readonly Buffer[] = []
  #file: ReloadedFile | undefined
  #remove: (() => void)[] = []

  constructor(config: BearerTokenAuthConfig, context: ExtensionContext) {
    this.#config = config
    this.#context = context
    this.#header = config.header.toLowerCase()
  }

  /** @throws an Error that names the key when the file cannot be used. */
  async start(): Promise<void> {
    const { id, authenticators, logger } = this.#context
    const { filename: path, token, tokens, reload_interval: intervalMs } = this.#config
    this.#use(tokens ?? (token === undefined ? [] : [token]))
    if (path !== undefined) {
      const key = `extensions::${id}::filename`
      const apply = (text: string): void => this.#use(tokensOf(text))
      this.#file = new ReloadedFile({ path, key, intervalMs, logger, apply })
      await this.#file.start()
    }
    const { header, scheme } = this.#config
    const gate = new AuthGate(this.#context, {
      challenge: `${scheme || 'Bearer'} realm="parsec"`,
      hint: `send the token as ${header}: ${scheme}`.trimEnd(),
      verify: request => this.#verify(request),
    })
    this.#remove = [
      authenticators.servers.add(id, gate),
      authenticators.clients.add(id, { headers: () => this.#headers() }),
    ]
  }

  async stop(): Promise<void> {
    for (const remove of this.#remove) remove()
    this.#file?.stop()
  }

  #use(tokens: readonly string[]): void {
    this.#tokens = tokens
    this.#hashes = tokens.map(sha256)
  }

  #headers(): Record<string, string> {
    const { scheme } = this.#config
    const [token = ''] = this.#tokens
    return { [this.#header]: scheme === '' ? token : `${scheme} ${token}` }
  }

  #verify(request: AuthRequest): Verdict {
    const { scheme, tenant } = this.#config
    const found = credentialsOf(request, scheme, this.#header)
    if ('denied' in found) return found
    const hash = sha256(found.credentials)
    // All of them, always: neither which one it is nor how near it was may be told by time.
    let isKnown = false
    for (const known of this.#hashes) if (timingSafeEqual(known, hash)) isKnown = true
    return isKnown ? { subject: this.#context.id, tenant } : { denied: 'invalid' }
  }
}

function tokensOf(text: string): string[] {
  const tokens = text
    .split('\n')
    .map(line => line.trim())
    .filter(line => line !== '' && !line.startsWith('#'))
  if (tokens.length === 0) throw new Error('there is no token')
  if (tokens.every(token => /^[\x21-\x7e]+$/.test(token))) return tokens
  throw new Error('a token must be printable characters without spaces')
}
