import { createServer, type Server, type ServerOptions } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { HttpServerConfig } from './http-server-config.ts'
import { loadTlsServerOptions } from './tls-options.ts'

/** A node:http or node:https server with the limits and times of the config. */
export function createHttpServer(config: HttpServerConfig): Server {
  const { read_timeout: read, read_header_timeout: header } = config
  // Node wants the time for headers inside the time for the request.
  const headersTimeout = read > 0 && (header === 0 || header > read) ? read : header
  const shortest = Math.min(...[read, headersTimeout].filter(ms => ms > 0), 20_000)
  const options: ServerOptions = {
    maxHeaderSize: config.max_header_size,
    requestTimeout: read,
    headersTimeout,
    keepAliveTimeout: config.idle_timeout,
    connectionsCheckingInterval: Math.max(50, Math.floor(shortest / 4)),
    noDelay: true,
  }
  const server =
    config.tls === undefined
      ? createServer(options)
      : createTlsServer({ ...options, ...loadTlsServerOptions(config.tls) })
  server.timeout = config.write_timeout
  return server
}

const CLIENT_ERROR_STATUS: Readonly<Record<string, number>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 408,
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
}

/** What to answer to bytes that are no request, or not in time. */
export function clientErrorOf(error: NodeJS.ErrnoException): { status: number; reason: string } {
  return { status: CLIENT_ERROR_STATUS[error.code ?? ''] ?? 400, reason: reasonOf(error) }
}

function reasonOf(error: NodeJS.ErrnoException): string {
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') return 'the request took too long to arrive'
  if (error.code === 'HPE_HEADER_OVERFLOW') return 'the headers are larger than max_header_size'
  return `not a valid HTTP request: ${error.message}`
}
