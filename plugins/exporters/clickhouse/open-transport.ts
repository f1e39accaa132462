import { ChdbTransport } from './chdb/transport.ts'
import type { ClickHouseConfig } from './config.ts'
import { type Endpoint, parseEndpoint } from './endpoint.ts'
import { databaseOf, httpOptions } from './http/options.ts'
import { HttpTransport } from './http/transport.ts'
import type { Transport } from './transport.ts'

export interface Store {
  readonly endpoint: Endpoint
  readonly database: string
  readonly transport: Transport
}

/**
 * The transport of a config, not opened yet. `warn` gets one line for each key that is accepted but
 * not done. Throws when a TLS file cannot be read.
 */
export function openTransport(
  config: ClickHouseConfig,
  warn: (message: string) => void,
  create: boolean,
): Store {
  const endpoint = parseEndpoint(config.endpoint)
  if (config.async_insert) warn('async_insert: true is ignored, batches go in synchronously')
  if (endpoint.kind === 'http') {
    const options = httpOptions(config, endpoint, warn)
    return { endpoint, database: options.database, transport: new HttpTransport(options) }
  }
  const database = databaseOf(config, {})
  const settings = config.connection_params
  const transport = new ChdbTransport({ path: endpoint.path, database, settings, create })
  return { endpoint, database, transport }
}
