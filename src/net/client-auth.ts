import type { Authenticators, ClientAuthenticator } from '../plugin/authenticator.ts'
import type { AuthConfig } from './server-auth.ts'

/**
 * The credentials of a client with this `auth`; undefined without one. `key` is where the client is
 * configured: `exporters::otlp`.
 * @throws an Error that names the key when the extension is not there.
 */
export function clientAuthOf(
  auth: AuthConfig,
  authenticators: Authenticators,
  key: string,
): ClientAuthenticator | undefined {
  if (auth === undefined) return undefined
  // Looked up for every request: the extension may be replaced while we run.
  const find = (): ClientAuthenticator =>
    authenticators.clients.get(auth.authenticator, `${key}::auth::authenticator`)
  find()
  return { headers: () => find().headers() }
}
