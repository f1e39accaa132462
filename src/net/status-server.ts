import { createServer as createHttp, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createHttps } from 'node:https'
import type { Server } from 'node:net'
import type { TlsOptions } from 'node:tls'
import { type HostPort, listen } from './listen.ts'

/** Nobody needs long to ask for a status; these keep slow or many clients from costing anything. */
const LIMITS = {
  requestTimeout: 10_000,
  headersTimeout: 5_000,
  keepAliveTimeout: 5_000,
  connectionsCheckingInterval: 1_000,
  maxHeaderSize: 8 * 1024,
}
const CONNECTIONS_MAX = 128
/** Answers are for programs: never cached, guessed at, framed or run. */
const HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
}
const JSON_TYPE = 'application/json; charset=utf-8'

const READ = 'GET, HEAD'

export interface StatusReply {
  readonly status: number
  readonly contentType: string
  readonly body: string
}

export type StatusRoute = () => StatusReply | Promise<StatusReply>

export interface StatusServerOptions {
  /** Exact path -> answer to GET and HEAD. Everything else is 404 or 405. */
  readonly routes: ReadonlyMap<string, StatusRoute>
  /**
   * Exact path -> what POST does there. Only for programs on this machine: a web page in a browser
   * could make it send a POST, and others could if the endpoint is open to them.
   */
  readonly actions?: ReadonlyMap<string, StatusRoute>
  readonly tls?: TlsOptions
  /** Told of a route that threw; its caller gets a plain 500. */
  readonly onError: (error: unknown, path: string) => void
}

export function jsonReply(status: number, value: unknown): StatusReply {
  return { status, contentType: JSON_TYPE, body: `${JSON.stringify(value)}\n` }
}

/** A small HTTP server for health, metrics and the like. */
export class StatusServer {
  readonly #options: StatusServerOptions
  readonly #server: Server & { closeAllConnections(): void }
  /** Requests whose answer is not written yet. */
  #answering = 0
  #onIdle: (() => void) | undefined

  constructor(options: StatusServerOptions) {
    this.#options = options
    const handle = (request: IncomingMessage, response: ServerResponse): void =>
      void this.#handle(request, response)
    this.#server =
      options.tls === undefined
        ? createHttp(LIMITS, handle)
        : createHttps({ ...LIMITS, ...options.tls }, handle)
    this.#server.maxConnections = CONNECTIONS_MAX
  }

  /** @throws as `listen` does. `key` is where the endpoint was configured. */
  async start(endpoint: string, key: string): Promise<HostPort> {
    return await listen(this.#server, endpoint, key)
  }

  /** Lets running answers finish until `deadline`. Safe without `start`. */
  async stop(deadline: AbortSignal): Promise<void> {
    if (!this.#server.listening) return
    const closed = new Promise<void>(resolve => this.#server.close(() => resolve()))
    if (this.#answering > 0 && !deadline.aborted) {
      await new Promise<void>(resolve => {
        this.#onIdle = resolve
        deadline.addEventListener('abort', () => resolve(), { once: true })
      })
    }
    // Connections without a request do not end by themselves once the server is closed.
    this.#server.closeAllConnections()
    await closed
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.#answering++
    response.once('close', () => {
      this.#answering--
      if (this.#answering === 0) this.#onIdle?.()
    })
    const path = (request.url ?? '/').split('?', 1)[0]!
    const { status, contentType, body } = await this.#answer(request, path)
    response.writeHead(status, {
      ...HEADERS,
      'content-type': contentType,
      'content-length': Buffer.byteLength(body),
      ...(status === 405 ? { allow: this.#options.actions?.has(path) ? 'POST' : READ } : {}),
    })
    response.end(request.method === 'HEAD' ? undefined : body)
  }

  async #answer(request: IncomingMessage, path: string): Promise<StatusReply> {
    const { method = '' } = request
    const action = this.#options.actions?.get(path)
    const route = action ?? this.#options.routes.get(path)
    if (route === undefined) {
      const paths = [...this.#options.routes.keys(), ...(this.#options.actions?.keys() ?? [])]
      return jsonReply(404, { error: 'not found', paths })
    }
    const allowed = action === undefined ? READ : 'POST'
    if (!allowed.split(', ').includes(method)) {
      return jsonReply(405, { error: `${method} is not allowed here, only ${allowed}` })
    }
    if (action !== undefined && !isFromHere(request)) {
      return jsonReply(403, { error: 'only for programs on this machine' })
    }
    try {
      return await route()
    } catch (error) {
      this.#options.onError(error, path)
      return jsonReply(500, { error: 'internal error, see the log' })
    }
  }
}

/** Browsers send `origin` with every POST of a page, whichever site it is from. */
function isFromHere({ headers, socket }: IncomingMessage): boolean {
  const address = (socket.remoteAddress ?? '').replace(/^::ffff:/, '')
  return headers.origin === undefined && (address === '::1' || address.startsWith('127.'))
}
