import {
  AuthGate,
  type AuthRequest,
  credentialsOf,
  type Extension,
  type ExtensionContext,
  ReloadedFile,
  type Verdict,
} from '#core'
import type { BasicAuthConfig } from './config.ts'
import { parseHtpasswd } from './htpasswd.ts'
import { UserCheck } from './user-check.ts'

/** HTTP Basic authentication (RFC 7617), of senders or for our own requests. */
export class BasicAuthExtension implements Extension {
  readonly #config: BasicAuthConfig
  readonly #context: ExtensionContext
  readonly #users = new UserCheck()
  readonly #client = { username: '', password: '' }
  readonly #files: ReloadedFile[] = []
  #remove: (() => void) | undefined

  constructor(config: BasicAuthConfig, context: ExtensionContext) {
    this.#config = config
    this.#context = context
  }

  /** @throws an Error that names the key when users or a file cannot be used. */
  async start(): Promise<void> {
    const { htpasswd, client_auth: client } = this.#config
    if (htpasswd !== undefined) await this.#startServer(htpasswd)
    else if (client !== undefined) await this.#startClient(client)
  }

  async stop(): Promise<void> {
    this.#remove?.()
    for (const file of this.#files) file.stop()
  }

  async #startServer(config: NonNullable<BasicAuthConfig['htpasswd']>): Promise<void> {
    const { id, authenticators } = this.#context
    const inline = config.inline ?? ''
    const use = (text: string): void => this.#users.replace(parseHtpasswd(`${inline}\n${text}`))
    try {
      use('')
    } catch (cause) {
      throw new Error(`extensions::${id}::htpasswd::inline: ${(cause as Error).message}`, { cause })
    }
    if (config.file !== undefined) {
      await this.#read('htpasswd::file', config.file, text => {
        // A file that is being written is empty for a moment: that must not lock everybody out.
        if (text.trim() === '') throw new Error('is empty')
        use(text)
      })
    }
    const gate = new AuthGate(this.#context, {
      challenge: `Basic realm="${this.#config.realm}", charset="UTF-8"`,
      hint: 'send a user name and a password as Authorization: Basic',
      verify: request => this.#verify(request),
    })
    this.#remove = authenticators.servers.add(id, gate)
  }

  async #startClient(config: NonNullable<BasicAuthConfig['client_auth']>): Promise<void> {
    const { id, authenticators } = this.#context
    const client = this.#client
    client.username = config.username ?? ''
    client.password = config.password ?? ''
    const { username_file: nameFile, password_file: passwordFile } = config
    if (nameFile !== undefined) {
      await this.#read('client_auth::username_file', nameFile, text => {
        client.username = text.trim()
      })
    }
    if (passwordFile !== undefined) {
      await this.#read('client_auth::password_file', passwordFile, text => {
        client.password = text.trim()
      })
    }
    this.#remove = authenticators.clients.add(id, {
      headers: () => {
        const pair = Buffer.from(`${client.username}:${client.password}`)
        return { authorization: `Basic ${pair.toString('base64')}` }
      },
    })
  }

  async #read(key: string, path: string, apply: (text: string) => void): Promise<void> {
    const { id, logger } = this.#context
    const { reload_interval: intervalMs } = this.#config
    const file = new ReloadedFile({
      path,
      key: `extensions::${id}::${key}`,
      intervalMs,
      logger,
      apply,
    })
    this.#files.push(file)
    await file.start()
  }

  async #verify(request: AuthRequest): Promise<Verdict> {
    const found = credentialsOf(request, 'Basic')
    if ('denied' in found) return found
    const pair = Buffer.from(found.credentials, 'base64').toString('utf8')
    const colon = pair.indexOf(':')
    if (colon < 0) return { denied: 'invalid', detail: 'not user:password in base64' }
    const user = pair.slice(0, colon)
    const checked = await this.#users.check(user, pair.slice(colon + 1))
    if (typeof checked === 'object') return checked
    if (!checked) return { denied: 'invalid' }
    const { tenants } = this.#config
    return {
      subject: user,
      tenant: Object.hasOwn(tenants, user) ? tenants[user] : undefined,
      claims: new Map([['username', user]]),
    }
  }
}
