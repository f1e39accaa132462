import type { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import * as zlib from 'node:zlib'
import { loadTlsClientOptions } from '#core/net'
import type { ClickHouseConfig } from '../config.ts'
import type { HttpEndpoint } from '../endpoint.ts'

/** What `HttpTransport` needs to know, worked out of the config. */
export interface HttpOptions {
  readonly url: URL
  readonly database: string
  readonly username: string
  readonly password: string
  readonly timeoutMs: number
  readonly connectionsMax: number
  readonly compression: false | { readonly codec: 'gzip' | 'zstd' | 'br' }
  /** ClickHouse settings sent with every request. */
  readonly settings: Readonly<Record<string, string>>
  readonly agent: HttpAgent | HttpsAgent | undefined
}

/** Parameters of the Collector's ClickHouse driver that mean nothing to a server. */
const DRIVER_PARAMS = new Set([
  'block_buffer_size',
  'client_info_product',
  'compress',
  'compress_level',
  'conn_max_lifetime',
  'connection_open_strategy',
  'debug',
  'dial_timeout',
  'http_path',
  'http_proxy',
  'max_compression_buffer',
  'max_idle_conns',
  'max_open_conns',
  'read_timeout',
  'skip_verify',
])

/** Reads the TLS files; throws when one cannot be read. `warn` gets what is accepted but not done. */
export function httpOptions(
  config: ClickHouseConfig,
  endpoint: HttpEndpoint,
  warn: (message: string) => void,
): HttpOptions {
  if (endpoint.warning !== undefined) warn(endpoint.warning)
  const params = { ...endpoint.params, ...config.connection_params }
  const settings: Record<string, string> = {}
  for (const [name, value] of Object.entries(params)) {
    if (DRIVER_PARAMS.has(name)) warn(`connection parameter ${name} has no meaning here: ignored`)
    else settings[name] = value
  }
  return {
    url: endpoint.url,
    database: databaseOf(config, endpoint),
    username: config.username || endpoint.username || 'default',
    password: config.password || endpoint.password || '',
    timeoutMs: config.timeout,
    connectionsMax: Math.max(2, config.sending_queue.num_consumers),
    compression: compressionOf(config.compress, warn),
    settings,
    agent: endpoint.url.protocol === 'https:' ? tlsAgent(config) : undefined,
  }
}

/** The config's database, or the one the endpoint names when the config leaves the default. */
export function databaseOf(
  config: ClickHouseConfig,
  endpoint: { readonly database?: string | undefined },
): string {
  return config.database === 'default' ? (endpoint.database ?? 'default') : config.database
}

function compressionOf(
  wanted: ClickHouseConfig['compress'],
  warn: (message: string) => void,
): HttpOptions['compression'] {
  switch (wanted) {
    case false:
    case 'none':
      return false
    case true:
    case 'gzip':
      return { codec: 'gzip' }
    case 'br':
      return { codec: 'br' }
    case 'zstd':
      if ('createZstdCompress' in zlib) return { codec: 'zstd' }
      warn('compress: zstd needs Node 22.15 or newer: sending uncompressed')
      return false
    case 'deflate':
      warn('compress: deflate is not available: using gzip')
      return { codec: 'gzip' }
    case 'lz4':
      warn('compress: lz4 is not available over HTTP here: sending uncompressed')
      return false
  }
}

function tlsAgent(config: ClickHouseConfig): HttpsAgent {
  return new HttpsAgent({
    keepAlive: true,
    maxSockets: Math.max(2, config.sending_queue.num_consumers),
    // The endpoint's scheme, not `insecure`, decides whether there is TLS.
    ...loadTlsClientOptions({ ...config.tls, insecure: false }),
  })
}
