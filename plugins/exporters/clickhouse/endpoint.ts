import { isAbsolute, resolve } from 'node:path'

/** Where the store is: a server spoken to over HTTP, or a directory of the embedded engine. */
export type Endpoint = HttpEndpoint | ChdbEndpoint

interface ChdbEndpoint {
  readonly kind: 'chdb'
  /** Absolute. */
  readonly path: string
}

export interface HttpEndpoint {
  readonly kind: 'http'
  /** Scheme, host and port only. */
  readonly url: URL
  readonly username: string | undefined
  readonly password: string | undefined
  readonly database: string | undefined
  /** Every other parameter of the endpoint, such as a ClickHouse setting. */
  readonly params: Readonly<Record<string, string>>
  /** What was changed to make the endpoint usable, for one warning. */
  readonly warning: string | undefined
}

/** The HTTP port beside each port of the native protocol. */
const HTTP_PORTS: Readonly<Record<string, string>> = { '9000': '8123', '9440': '8443' }

const EXAMPLES = 'write it as http://localhost:8123, https://host:8443 or chdb:///var/lib/parsec'

/**
 * Reads the `endpoint` key. The Collector's `tcp://` and `clickhouse://` name the native protocol,
 * which is not spoken here; they become HTTP on its usual port, with a warning. Throws an Error
 * whose message says what to write instead.
 */
export function parseEndpoint(text: string): Endpoint {
  if (text.startsWith('chdb:')) return parseChdb(text)
  if (/^[^/]*\/\/[^/?]*,/.test(text)) {
    throw new Error(
      `endpoint "${redacted(text)}" names several hosts: give one, or a load balancer`,
    )
  }
  if (!URL.canParse(text)) throw new Error(`endpoint "${redacted(text)}" is not a URL: ${EXAMPLES}`)
  const url = new URL(text)
  const isNative = url.protocol === 'tcp:' || url.protocol === 'clickhouse:'
  if (!isNative && url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new Error(`endpoint scheme "${url.protocol}//" is not known: ${EXAMPLES}`)
  }
  if (url.hostname === '') throw new Error(`endpoint names no host: ${EXAMPLES}`)
  const params = Object.fromEntries(url.searchParams)
  const { database, username, password, secure, ...others } = params
  const isSecure = url.protocol === 'https:' || secure === 'true' || url.port === '9440'
  const port = isNative ? (HTTP_PORTS[url.port] ?? url.port) : url.port
  const base = new URL(`${isSecure ? 'https' : 'http'}://${url.hostname}`)
  base.port = port || (isSecure ? '8443' : '8123')
  return {
    kind: 'http',
    url: base,
    username: decodeURIComponent(url.username) || username,
    password: decodeURIComponent(url.password) || password,
    database: database ?? (url.pathname.slice(1) || undefined),
    params: others,
    warning: isNative
      ? `the native protocol of ${url.protocol}// is not spoken here: using ${base.origin} instead`
      : undefined,
  }
}

function parseChdb(text: string): ChdbEndpoint {
  const path = text.startsWith('chdb://') ? text.slice('chdb://'.length) : ''
  if (path === '' || path === '/') {
    throw new Error(`endpoint "${text}" names no directory: ${EXAMPLES}`)
  }
  if (path.includes('?')) throw new Error(`endpoint "${text}" takes no parameters: ${EXAMPLES}`)
  return { kind: 'chdb', path: isAbsolute(path) ? path : resolve(path) }
}

/** The endpoint without what may be a password. */
function redacted(text: string): string {
  return text.replace(/\/\/[^/@]*@/, '//[REDACTED]@').replace(/(password=)[^&]*/gi, '$1[REDACTED]')
}
