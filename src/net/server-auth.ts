import { z } from 'zod'
import type { Identity } from '../batch/sender-identity.ts'
import type { Authenticator, Authenticators, AuthRequest } from '../plugin/authenticator.ts'
import { PipelineError } from '../plugin/pipeline-error.ts'

/** `auth` of a server or a client, as in the Collector's configauth. */
export const authField: z.ZodOptional<z.ZodObject<{ authenticator: z.ZodString }>> = z
  .strictObject({
    authenticator: z.string().min(1).meta({
      description: 'Id of an extension that authenticates, named in service::extensions as well.',
    }),
  })
  .optional()
  .meta({ description: 'Who may send; absent = everybody who can connect.' })

export type AuthConfig = z.output<typeof authField>

/** The scope that sending logs takes. */
export const WRITE_LOGS = 'logs:write'

/** Asks an extension who sends, and whether that sender may. */
export class ServerAuth {
  readonly #id: string
  readonly #key: string
  readonly #authenticators: Authenticators | undefined

  constructor(
    config: NonNullable<AuthConfig>,
    context: { readonly key: string; readonly authenticators?: Authenticators },
  ) {
    this.#id = config.authenticator
    this.#key = context.key
    this.#authenticators = context.authenticators
  }

  /** @throws an Error that names the key when the extension is not there. */
  start(): void {
    this.#authenticator()
  }

  /** For WWW-Authenticate. */
  get challenge(): string {
    return this.#authenticator().challenge
  }

  /**
   * @throws PipelineError: those of the authenticator, and `permission_denied`, permanent, for a
   * sender without `scope`.
   */
  async identify(request: AuthRequest, scope: string): Promise<Identity> {
    const identity = await this.#now().authenticate(request)
    if (identity.scopes?.has(scope) === false) {
      throw PipelineError.permanent(`"${identity.subject}" lacks the scope ${scope}`, {
        code: 'permission_denied',
      })
    }
    return identity
  }

  /** While an extension is replaced there may be none for a moment. */
  #now(): Authenticator {
    try {
      return this.#authenticator()
    } catch (cause) {
      throw PipelineError.retryable('credentials cannot be checked at the moment', { cause })
    }
  }

  #authenticator(): Authenticator {
    const key = `${this.#key}::auth::authenticator`
    if (this.#authenticators !== undefined) return this.#authenticators.servers.get(this.#id, key)
    throw new Error(`${key}: nothing authenticates here`)
  }
}
