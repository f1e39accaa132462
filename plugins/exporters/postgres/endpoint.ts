/** Where the server is, read out of the `endpoint` key. */
export interface Endpoint {
  /** Host name or address, or the directory of a Unix socket. */
  readonly host: string
  readonly port: number
  readonly username: string | undefined
  readonly password: string | undefined
  readonly database: string | undefined
  readonly applicationName: string | undefined
  /** With TLS or without; undefined when `sslmode` does not say. */
  readonly tls: boolean | undefined
  /** Parameters that mean nothing here, for one warning. */
  readonly ignored: readonly string[]
}

const PORT = 5432
const EXAMPLES =
  'write it as postgres://localhost:5432/logs or postgres://db.example.com/logs?sslmode=require'

/**
 * Reads a connection URL as libpq has it: `postgres://user:password@host:port/database?sslmode=...`;
 * `?host=/run/postgresql` names a Unix socket. Throws an Error whose message says what to write
 * instead and never holds the password.
 */
export function parseEndpoint(text: string): Endpoint {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined) throw new Error(`endpoint "${redacted(text)}" is not a URL: ${EXAMPLES}`)
  if (url.protocol !== 'postgres:' && url.protocol !== 'postgresql:') {
    throw new Error(`endpoint scheme "${url.protocol}//" is not known: ${EXAMPLES}`)
  }
  if (url.hash !== '') {
    throw new Error('endpoint has a "#": write it as %23, in a password too')
  }
  const {
    host: socket,
    sslmode,
    application_name,
    ...others
  } = Object.fromEntries(url.searchParams)
  const host = socket ?? decoded(url.hostname).replace(/^\[(.*)\]$/, '$1')
  if (host === '') throw new Error(`endpoint names no host: ${EXAMPLES}`)
  if (host.includes(',')) throw new Error('endpoint names several hosts: give one')
  return {
    host,
    port: url.port === '' ? PORT : Number(url.port),
    username: decoded(url.username) || undefined,
    password: decoded(url.password) || undefined,
    database: decoded(url.pathname.slice(1)) || undefined,
    applicationName: application_name,
    tls: parseSslMode(sslmode),
    ignored: Object.keys(others),
  }
}

/** Can nobody but this machine read what goes there? */
export function isLocal({ host }: Endpoint): boolean {
  return host.startsWith('/') || /^(?:localhost|::1|127(?:\.\d{1,3}){3})$/.test(host)
}

/** The endpoint as messages name it: without credentials. */
export function describeEndpoint({ host, port }: Endpoint): string {
  if (host.startsWith('/')) return `postgres:${host}`
  return `postgres://${host.includes(':') ? `[${host}]` : host}:${port}`
}

function parseSslMode(mode: string | undefined): boolean | undefined {
  switch (mode) {
    case undefined:
      return undefined
    case 'disable':
      return false
    // A server certificate is always checked; `tls` says against what, or that it is not.
    case 'require':
    case 'verify-ca':
    case 'verify-full':
      return true
    default:
      throw new Error(`sslmode "${mode}" leaves TLS to chance: write disable or verify-full`)
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new Error('endpoint holds a "%" that is no %-escape: write it as %25')
  }
}

/** The endpoint without what may be a password. */
function redacted(text: string): string {
  return text.replace(/\/\/.*@/, '//[REDACTED]@').replace(/(password=)[^&]*/gi, '$1[REDACTED]')
}
