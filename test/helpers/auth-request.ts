import type { PeerCertificate } from 'node:tls'
import type { AuthRequest } from '../../src/plugin/authenticator.ts'

/** A request with these headers; a list is a header that comes several times. */
export function authRequest(
  headers: Readonly<Record<string, string | readonly string[]>> = {},
  { host = '10.0.0.1', certificate }: { host?: string; certificate?: object } = {},
): AuthRequest {
  return {
    header: name => [headers[name] ?? []].flat(),
    client: host,
    certificate: () => certificate as PeerCertificate | undefined,
  }
}

export function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
}
