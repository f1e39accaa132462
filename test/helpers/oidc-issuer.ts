import type { ExecutionContext } from 'ava'
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose'
import { startHttpServer } from './http-server.ts'

/** An OpenID Connect issuer on a free port. */
export interface TestIssuer {
  readonly url: string
  /** Requests so far, by path. */
  paths(): string[]
  /** A key it signs with from now on; the ones before stay in its list. */
  rotate(): Promise<void>
  /** Takes its old keys out of the list. */
  forget(): void
  /** While true it answers 500. */
  isDown: boolean
  /** Goes over the discovery document. */
  document: Record<string, unknown>
  sign(claims: object, options?: { expires?: number | string }): Promise<string>
}

export async function startIssuer(
  t: ExecutionContext,
  tls?: { cert: string; key: string },
): Promise<TestIssuer> {
  const keys: Record<string, unknown>[] = []
  let signer: Awaited<ReturnType<typeof generateKeyPair>>['privateKey'] | undefined
  const server = await startHttpServer(
    t,
    ({ url }) => {
      if (issuer.isDown) return { status: 500 }
      const json = (value: unknown) => ({
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(value),
      })
      if (url === '/.well-known/openid-configuration') {
        return json({ issuer: server.url, jwks_uri: `${server.url}/keys`, ...issuer.document })
      }
      return url === '/keys' ? json({ keys }) : { status: 404 }
    },
    tls === undefined ? {} : { tls },
  )
  const issuer: TestIssuer = {
    url: server.url,
    isDown: false,
    document: {},
    paths: () => server.requests.map(({ url }) => url),
    forget: () => void keys.splice(0, keys.length - 1),
    async rotate() {
      const pair = await generateKeyPair('ES256', { extractable: true })
      signer = pair.privateKey
      const kid = `key-${keys.length}`
      keys.push({ ...(await exportJWK(pair.publicKey)), kid, alg: 'ES256', use: 'sig' })
    },
    async sign(claims, { expires = '5m' } = {}) {
      return await new SignJWT({
        sub: 'checkout',
        iss: server.url,
        aud: 'parsec',
        ...claims,
      } as JWTPayload)
        .setProtectedHeader({ alg: 'ES256', kid: keys.at(-1)!['kid'] as string })
        .setIssuedAt()
        .setExpirationTime(expires)
        .sign(signer!)
    },
  }
  await issuer.rotate()
  return issuer
}
