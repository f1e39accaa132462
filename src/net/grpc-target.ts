/** Where a gRPC client connects to, read from a config's `endpoint`. */
export interface GrpcTarget {
  /** What connects: a host that may have many addresses, or a unix socket. */
  readonly address: { readonly host: string; readonly port: number } | { readonly path: string }
  /** The `:authority` of every request, and the name checked in the server's certificate. */
  readonly authority: string
  /** `https://` = true, `http://` = false, anything else leaves it to the `tls` keys. */
  readonly tls: boolean | undefined
}

const HOST_PORT = /^(?:\[([0-9a-fA-F:.]+)\]|([^:/?#@[\]\s]+)):(\d{1,5})$/

/**
 * Reads `host:port`, `http://host:port`, `https://host:port`, `dns:///host:port` or `unix:path`.
 * Throws an Error that says what is wrong and how to write it.
 */
export function parseGrpcTarget(endpoint: string): GrpcTarget {
  const unix = /^unix:(?:\/\/(?=\/))?(.+)$/.exec(endpoint)
  if (unix) return { address: { path: unix[1]! }, authority: 'localhost', tls: undefined }

  const scheme = /^(https?:\/\/|dns:(?:\/\/\/)?|passthrough:\/\/\/)/.exec(endpoint)?.[0] ?? ''
  const authority = endpoint.slice(scheme.length).replace(/\/$/, '')
  const match = HOST_PORT.exec(authority)
  const host = match?.[1] ?? match?.[2]
  const port = Number(match?.[3])
  if (host === undefined || port < 1 || port > 65_535) {
    throw new Error(`endpoint "${endpoint}" must be host:port, such as collector.example.com:4317`)
  }
  const tls = scheme.startsWith('http') ? scheme === 'https://' : undefined
  return { address: { host, port }, authority, tls }
}
