import { parse } from 'yaml'
import {
  AuthGate,
  type AuthRequest,
  credentialsOf,
  type Extension,
  type ExtensionContext,
  ReloadedFile,
  type Verdict,
} from '#core'
import { type ApiKeyConfig, keyList } from './config.ts'
import { KeySet } from './key-set.ts'

/** Lets senders in who show a key: in a header of its own, or as a bearer token. */
export class ApiKeyExtension implements Extension {
  readonly #config: ApiKeyConfig
  readonly #context: ExtensionContext
  readonly #keys = new KeySet()
  readonly #header: string
  #file: ReloadedFile | undefined
  #remove: (() => void) | undefined

  constructor(config: ApiKeyConfig, context: ExtensionContext) {
    this.#config = config
    this.#context = context
    this.#header = config.header.toLowerCase()
  }

  /** @throws an Error that names the key when the file cannot be used. */
  async start(): Promise<void> {
    const { id, authenticators, logger } = this.#context
    const { file: path, keys, header, reload_interval: intervalMs } = this.#config
    this.#keys.replace(keys)
    if (path !== undefined) {
      const key = `extensions::${id}::file`
      const apply = (text: string): void => this.#use(text)
      this.#file = new ReloadedFile({ path, key, intervalMs, logger, apply })
      await this.#file.start()
    }
    const gate = new AuthGate(this.#context, {
      challenge: 'Bearer realm="parsec"',
      hint: `send a key as ${header} or as Authorization: Bearer`,
      verify: request => this.#verify(request),
    })
    this.#remove = authenticators.servers.add(id, gate)
  }

  async stop(): Promise<void> {
    this.#remove?.()
    this.#file?.stop()
  }

  #use(text: string): void {
    // A file that is being written is empty for a moment: that must not lock everybody out.
    if (text.trim() === '') throw new Error('is empty; [] means no keys')
    const result = keyList.safeParse(parse(text))
    if (!result.success) {
      // Of the values nothing is repeated: they are all but secret.
      const [issue] = result.error.issues
      throw new Error(`${issue?.path.join('.') || 'the list'}: ${issue?.message}`)
    }
    const all = keyList.safeParse([...this.#config.keys, ...result.data])
    if (!all.success) throw new Error('a key of the file is under `keys` as well')
    this.#keys.replace(all.data)
    this.#context.logger.info({ keys: this.#keys.size }, 'read the API keys')
  }

  #verify(request: AuthRequest): Verdict {
    const own = request.header(this.#header)
    const bearer = credentialsOf(request, 'Bearer')
    const isBearer = 'credentials' in bearer
    if (own.length > 1 || (own.length > 0 && isBearer)) return { denied: 'ambiguous' }
    if (own.length === 1) return this.#keys.verify(own[0]!)
    return isBearer ? this.#keys.verify(bearer.credentials) : bearer
  }
}
