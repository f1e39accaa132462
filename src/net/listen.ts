import type { AddressInfo, Server } from 'node:net'

const PORT_MAX = 65_535

export interface HostPort {
  readonly host: string
  readonly port: number
}

/**
 * Reads `host:port`, `[::1]:port` or `:port` (every address). Undefined when it is none of these.
 */
export function parseHostPort(text: string): HostPort | undefined {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]/\s]*)):(\d{1,5})$/.exec(text)
  const port = Number(match?.[3])
  if (match === null || port > PORT_MAX) return undefined
  return { host: match[1] ?? (match[2] === '' ? '::' : match[2]!), port }
}

/** `host:port` with brackets around an IPv6 address, as in a URL. */
export function formatHostPort({ host, port }: HostPort): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/**
 * Binds a server and gives the address really bound. `key` is where the endpoint was configured,
 * such as `extensions::health_check::endpoint`.
 * @throws an Error that names endpoint, key and cure when the address cannot be had.
 */
export async function listen(server: Server, endpoint: string, key: string): Promise<HostPort> {
  const address = parseHostPort(endpoint)
  if (address === undefined) {
    throw new Error(`${key} is "${endpoint}": write it as host:port, such as localhost:4318`)
  }
  await new Promise<void>((resolve, reject) => {
    const fail = (cause: NodeJS.ErrnoException): void =>
      reject(new Error(explain(cause, endpoint, key), { cause }))
    server.once('error', fail)
    server.listen({ host: bindableHost(address.host), port: address.port }, () => {
      server.off('error', fail)
      resolve()
    })
  })
  const bound = server.address() as AddressInfo
  return { host: address.host, port: bound.port }
}

/**
 * `localhost` may resolve to ::1 alone, and then nobody reaches 127.0.0.1; clients that ask for
 * localhost try both. Go, and so the Collector, binds the IPv4 address as well.
 */
function bindableHost(host: string): string {
  return host === 'localhost' ? '127.0.0.1' : host
}

function explain(error: NodeJS.ErrnoException, endpoint: string, key: string): string {
  switch (error.code) {
    case 'EADDRINUSE':
      return `${endpoint} is already in use: stop what listens there, or set ${key} to a free port`
    case 'EACCES':
      return `no permission to listen on ${endpoint}: set ${key} to a port from 1024 on`
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `this machine has no address "${endpoint}": set ${key} to localhost, 0.0.0.0 or an address of its own`
    default:
      return `cannot listen on ${endpoint} (${key}): ${error.message}`
  }
}
