import type { BatchContext } from '../batch/batch.ts'

const METADATA_PREFIX = 'metadata.'
const AUTH_PREFIX = 'auth.'

/**
 * What a request says under a `from_context` name: `client.address` is the sender's address without
 * its port; `auth.subject`, `auth.tenant` and the claims `auth.X` are what the authenticator found;
 * `metadata.X`, or just X, is the request header X, several values joined with `;`.
 * Undefined when the request does not say.
 */
export function contextValue(context: BatchContext, name: string): string | undefined {
  if (name === 'client.address') return hostOf(context.clientAddress)
  if (name.startsWith(AUTH_PREFIX)) return authValue(context, name.slice(AUTH_PREFIX.length))
  const header = name.startsWith(METADATA_PREFIX) ? name.slice(METADATA_PREFIX.length) : name
  const values = context.metadata?.get(header.toLowerCase())
  return values === undefined || values.length === 0 ? undefined : values.join(';')
}

function authValue({ identity }: BatchContext, name: string): string | undefined {
  if (name === 'subject') return identity?.subject
  return name === 'tenant' ? identity?.tenant : identity?.claims?.get(name)
}

/** `10.0.0.1:4317` -> `10.0.0.1`, `[::1]:4317` -> `::1`; an address without a port stays. */
function hostOf(address: string | undefined): string | undefined {
  if (address === undefined) return undefined
  if (address.startsWith('[')) return address.slice(1, address.indexOf(']'))
  const colon = address.indexOf(':')
  return colon >= 0 && colon === address.lastIndexOf(':') ? address.slice(0, colon) : address
}
