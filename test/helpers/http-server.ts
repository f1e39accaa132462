import http from 'node:http'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import type { ExecutionContext } from 'ava'

/** What the server heard: one request. */
export interface HeardRequest {
  readonly method: string
  readonly url: string
  readonly headers: http.IncomingHttpHeaders
  readonly body: Buffer
}

export interface HttpAnswer {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Buffer | string
}

type Handler = (
  request: HeardRequest,
  response: http.ServerResponse,
) => HttpAnswer | undefined | Promise<HttpAnswer | undefined>

export interface HttpTestServer {
  readonly port: number
  readonly url: string
  readonly requests: HeardRequest[]
  /** Connections accepted so far. */
  connections(): number
  /** Cuts every connection and stops listening. */
  kill(): Promise<void>
}

/**
 * An HTTP server that answers as the test says; `undefined` = no answer, the test deals with the
 * response itself. With `tls` it is an HTTPS server. Stopped at the end of the test.
 */
export async function startHttpServer(
  t: ExecutionContext,
  handler: Handler,
  options: { port?: number; tls?: https.ServerOptions } = {},
): Promise<HttpTestServer> {
  const requests: HeardRequest[] = []
  let connections = 0
  const listener: http.RequestListener = (incoming, response) => {
    const chunks: Buffer[] = []
    incoming.on('error', () => undefined)
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
    incoming.on('end', () => {
      const { method = '', url = '', headers } = incoming
      const request = { method, url, headers, body: Buffer.concat(chunks) }
      requests.push(request)
      void Promise.resolve(handler(request, response)).then(given => {
        if (given === undefined) return
        response.writeHead(given.status ?? 200, given.headers)
        response.end(given.body)
      })
    })
  }
  const server = options.tls
    ? https.createServer(options.tls, listener)
    : http.createServer(listener)
  server.on('connection', () => {
    connections++
  })
  await new Promise<void>(resolve => {
    server.listen(options.port ?? 0, '127.0.0.1', resolve)
  })
  const kill = async (): Promise<void> => {
    server.closeAllConnections()
    if (server.listening) await new Promise(resolve => server.close(resolve))
  }
  t.teardown(kill)
  const { port } = server.address() as AddressInfo
  const url = `${options.tls ? 'https' : 'http'}://127.0.0.1:${port}`
  return { port, url, requests, connections: () => connections, kill }
}
