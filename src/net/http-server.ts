import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import type { Identity } from '../batch/sender-identity.ts'
import { untilAborted } from '../plugin/abort.ts'
import { PipelineError } from '../plugin/pipeline-error.ts'
import { RepeatedLog } from '../telemetry/repeated-log.ts'
import { Admission, type ServerContext } from './admission.ts'
import { limitConnections } from './connection-limit.ts'
import { connectionSignal, peerAddress, peerClient } from './connection-signal.ts'
import { Cors } from './cors.ts'
import { CONTENT_ENCODINGS, type ContentEncoding, decompress } from './decompress.ts'
import { endBeforeBody, isArriving, mustClose } from './discard-body.ts'
import type { Lease } from './fair-budget.ts'
import { HttpAuthRequest } from './http-auth-request.ts'
import { clientErrorOf, createHttpServer } from './http-listener.ts'
import {
  type ErrorRenderer,
  errorResponse,
  type HttpHandler,
  type HttpServerRequest,
  type HttpServerResponse,
  mediaType,
  renderedError,
} from './http-message.ts'
import type { HttpServerConfig } from './http-server-config.ts'
import { formatHostPort } from './listen.ts'
import { listenAt } from './listen-at.ts'
import { readBody } from './read-body.ts'
import { ServerAuth, WRITE_LOGS } from './server-auth.ts'
import { CertificateReload } from './tls-reload.ts'

export interface HttpServerContext extends ServerContext {
  /** How errors look; absent = a google.rpc.Status in the encoding of the request. */
  readonly renderError?: ErrorRenderer
}

export interface HttpRoute {
  readonly methods: readonly string[]
  /** Media types of bodies it takes, others are answered with 415; absent = any. */
  readonly contentTypes?: readonly string[]
  /** Answered also to senders that have not said who they are. */
  readonly isPublic?: boolean
  readonly handler: HttpHandler
}

const BODY_BYTES_MAX_DEFAULT = 64 * 1024 ** 2
/** No browser shall guess what an answer is, or keep it. */
const SECURITY_HEADERS = { 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' }
/** Answers below this are sent as they are: packing would cost more than it saves. */
const GZIP_BYTES_MIN = 8 * 1024
const STRING_BYTES_MAX = 1024
/** How long the last answers may take to leave before connections are cut. */
const FLUSH_MS = 250

/**
 * HTTP/1.1 with limits on everything: a route gets whole, unpacked bodies, and every refusal is a
 * google.rpc.Status in the encoding of the request, unless the owner words it.
 */
export class HttpServer {
  readonly #config: HttpServerConfig
  readonly #context: HttpServerContext
  readonly #server: Server
  readonly #routes = new Map<string, HttpRoute>()
  readonly #cors: Cors | undefined
  readonly #auth: ServerAuth | undefined
  readonly #encodings: ReadonlySet<string>
  readonly #bodyBytesMax: number
  readonly #admission: Admission
  readonly #log: RepeatedLog
  readonly #reload: CertificateReload | undefined
  /** The answer that a connection waits for while its request is still being read. */
  readonly #reading = new WeakMap<Socket, ServerResponse>()
  #active = 0
  #stopping = false
  #whenIdle: (() => void) | undefined
  #address = ''

  /** @throws an Error that names the key when the TLS files are no good. */
  constructor(config: HttpServerConfig, context: HttpServerContext) {
    this.#config = config
    this.#context = context
    this.#cors = config.cors === undefined ? undefined : new Cors(config.cors)
    this.#auth = config.auth && new ServerAuth(config.auth, context)
    this.#encodings = new Set<string>(
      CONTENT_ENCODINGS.filter(name => config.compression_algorithms.includes(name)),
    )
    this.#bodyBytesMax = config.max_request_body_size || BODY_BYTES_MAX_DEFAULT
    this.#admission = new Admission(config, 'http', context)
    this.#log = new RepeatedLog(context.logger)
    this.#server = createHttpServer(config)
    if (config.tls !== undefined) {
      this.#reload = new CertificateReload(config.tls, context.logger, options =>
        (this.#server as unknown as { setSecureContext(o: object): void }).setSecureContext(
          options,
        ),
      )
    }
    this.#server.on('request', (request, response) => void this.#answer(request, response, false))
    this.#server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
      void this.#answer(request, response, true)
    })
    this.#server.on('clientError', (error, socket) => this.#clientError(error, socket as Socket))
    limitConnections(this.#server, config.max_connections, () => {
      const fields = { max_connections: config.max_connections }
      this.#log.log('warn', 'drop', fields, 'too many connections: refused one')
    })
  }

  /** Serves `path`. */
  route(path: string, route: HttpRoute): void {
    this.#routes.set(path, route)
  }

  /** @throws an Error that names endpoint and key when the address cannot be had. */
  async start(): Promise<void> {
    this.#auth?.start()
    const { endpoint, transport, tls } = this.#config
    this.#admission.start()
    const bound = await listenAt(
      this.#server,
      endpoint,
      transport,
      `${this.#context.key}::endpoint`,
    )
    const scheme = tls === undefined ? 'http' : 'https'
    this.#address =
      'path' in bound ? `unix://${bound.path}` : `${scheme}://${formatHostPort(bound)}`
    this.#reload?.start()
  }

  /** `http://host:port` with the port really bound; '' before `start`. */
  get url(): string {
    return this.#address
  }

  /** Takes no more, answers what it has, and cuts every connection when `deadline` aborts. */
  async stop(deadline: AbortSignal): Promise<void> {
    this.#stopping = true
    this.#reload?.stop()
    this.#admission.stop()
    if (!this.#server.listening) return
    const closed = new Promise<void>(resolve => this.#server.close(() => resolve()))
    this.#server.closeIdleConnections()
    // A request may be on its way in while the last answer is on its way out: look again.
    do {
      const idle = new Promise<void>(resolve => {
        this.#whenIdle = resolve
        if (this.#active === 0) resolve()
      })
      await untilAborted(idle, deadline)
      if (!deadline.aborted) await untilAborted(closed, AbortSignal.timeout(FLUSH_MS))
    } while (this.#active > 0 && !deadline.aborted)
    this.#server.closeAllConnections()
    await closed
  }

  async #answer(
    request: IncomingMessage,
    response: ServerResponse,
    expectsContinue: boolean,
  ): Promise<void> {
    this.#active++
    const lease = this.#admission.budget.lease(peerClient(request.socket))
    const contentType = mediaType(request.headers['content-type'])
    try {
      const refused = this.#refusal(request, contentType)
      if (refused !== undefined) this.#respond(request, response, refused)
      else {
        // Before a byte of the body is asked for, read or unpacked.
        const identity = this.#auth && (await this.#identify(this.#auth, request, response))
        const fits = this.#bodyFits(request)
        if (fits) lease.check(Number(request.headers['content-length'] ?? 0))
        if (fits && expectsContinue) response.writeContinue()
        const answer = await this.#handle(request, response, contentType, lease, identity)
        this.#respond(request, response, answer)
      }
    } catch (thrown) {
      this.#respond(request, response, this.#errorAnswer(thrown, request))
    }
    lease.release()
    if (--this.#active === 0) this.#whenIdle?.()
  }

  /** Answers that need neither body nor handler. */
  #refusal(request: IncomingMessage, contentType: string): HttpServerResponse | undefined {
    const { method = '', headers } = request
    const { origin } = headers
    if (
      method === 'OPTIONS' &&
      this.#cors !== undefined &&
      origin !== undefined &&
      headers['access-control-request-method'] !== undefined
    ) {
      return { status: 204, headers: this.#cors.preflight(origin, headers) }
    }
    const path = pathOf(request)
    const route = this.#routes.get(path)
    if (route === undefined) {
      return this.#refuse(request, 404, 'not_found', `nothing is served at ${path}`)
    }
    if (!route.methods.includes(method)) {
      const allow = route.methods.join(', ')
      const message = `method ${method} is not allowed at ${path}, only ${allow}`
      return this.#refuse(request, 405, 'unimplemented', message, { allow })
    }
    if (route.contentTypes?.includes(contentType) === false) {
      const accept = route.contentTypes.join(', ')
      const message = `content-type "${contentType}" is not supported, only ${accept}`
      return this.#refuse(request, 415, 'invalid_argument', message, { accept })
    }
    const encoding = encodingOf(request)
    if (encoding !== '' && !this.#encodings.has(encoding)) {
      const supported = [...this.#encodings].join(', ') || 'identity'
      const message = `content-encoding "${encoding}" is not supported, only ${supported}`
      return this.#refuse(request, 415, 'invalid_argument', message, {
        'accept-encoding': supported,
      })
    }
    return undefined
  }

  async #identify(
    auth: ServerAuth,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<Identity | undefined> {
    const route = this.#routes.get(pathOf(request))
    if (route?.isPublic) return undefined
    try {
      return await auth.identify(new HttpAuthRequest(request), WRITE_LOGS)
    } catch (thrown) {
      const isUnknown = PipelineError.from(thrown).code === 'unauthenticated'
      if (isUnknown) response.setHeader('www-authenticate', auth.challenge)
      throw thrown
    }
  }

  async #handle(
    request: IncomingMessage,
    response: ServerResponse,
    contentType: string,
    lease: Lease,
    identity: Identity | undefined,
  ): Promise<HttpServerResponse> {
    const { socket } = request
    this.#reading.set(socket, response)
    let body = await readBody(request, this.#bodyBytesMax, lease)
    this.#reading.delete(socket)
    const encoding = encodingOf(request)
    if (encoding !== '') {
      body = await decompress(encoding as ContentEncoding, body, this.#bodyBytesMax)
      lease.take(body.length)
    }
    const path = pathOf(request)
    return this.#routes.get(path)!.handler(new Received(request, path, contentType, body, identity))
  }

  #errorAnswer(thrown: unknown, request: IncomingMessage): HttpServerResponse {
    if (!(thrown instanceof PipelineError)) {
      this.#log.log('error', 'handler', { err: thrown }, 'a request handler failed')
    }
    return this.#worded(PipelineError.from(thrown), request.headers)
  }

  #worded(
    error: PipelineError,
    headers: IncomingMessage['headers'],
    status?: number,
  ): HttpServerResponse {
    const { renderError } = this.#context
    if (renderError !== undefined) return renderedError(renderError, error, headers, status)
    return errorResponse(error, mediaType(headers['content-type']), status)
  }

  #refuse(
    { headers }: Pick<IncomingMessage, 'headers'>,
    status: number,
    code: PipelineError['code'],
    message: string,
    more: Readonly<Record<string, string>> = {},
  ): HttpServerResponse {
    const response = this.#worded(PipelineError.permanent(message, { code }), headers, status)
    return { ...response, headers: { ...response.headers, ...more } }
  }

  #respond(request: IncomingMessage, response: ServerResponse, answer: HttpServerResponse): void {
    if (response.headersSent || response.destroyed) return
    const headers: Record<string, string | number> = { ...SECURITY_HEADERS, ...answer.headers }
    const { response_headers: extra, keep_alives_enabled: keepAlive } = this.#config
    for (const name in extra) headers[name] = extra[name]!
    const { origin } = request.headers
    if (this.#cors !== undefined && origin !== undefined && answer.status !== 204) {
      Object.assign(headers, this.#cors.headers(origin))
    }
    let { body } = answer
    if (body !== undefined && body.length >= GZIP_BYTES_MIN && acceptsGzip(request)) {
      body = gzipSync(body)
      headers['content-encoding'] = 'gzip'
    }
    if (answer.status !== 204) headers['content-length'] = body?.length ?? 0
    const isEarly = isArriving(request)
    if (this.#stopping || !keepAlive || (isEarly && mustClose(request))) {
      response.shouldKeepAlive = false
    }
    response.writeHead(answer.status, headers)
    if (isEarly) endBeforeBody(request, response, body)
    else if (body === undefined || body.length === 0) response.end()
    // Fast path: Node puts a string behind the headers and writes both at once.
    else if (body.length <= STRING_BYTES_MAX) response.end(body.toString('latin1'), 'latin1')
    else response.end(body)
  }

  #bodyFits(request: IncomingMessage): boolean {
    return Number(request.headers['content-length'] ?? 0) <= this.#bodyBytesMax
  }

  /** Bytes that are no HTTP, headers that are too large, and senders that are too slow. */
  #clientError(error: NodeJS.ErrnoException, socket: Socket): void {
    const reading = this.#reading.get(socket)
    // One that was refused before its end keeps its answer until then: there MUST be no second one.
    const response = reading?.req.complete ? undefined : reading
    if (!socket.writable || response?.headersSent || error.code === 'ECONNRESET') {
      socket.destroy()
      return
    }
    const { status, reason } = clientErrorOf(error)
    const request = response?.req ?? { headers: {} }
    const refusal = this.#refuse(request, status, 'invalid_argument', reason)
    const { headers, body = Buffer.alloc(0) } = refusal
    const lines = Object.entries({ ...headers, 'content-length': body.length, connection: 'close' })
    const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')
    const statusLine = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n`
    socket.end(Buffer.concat([Buffer.from(`${statusLine}${head}\r\n`), body]), () =>
      socket.destroySoon(),
    )
  }
}

/** Lazy where it costs: most handlers never ask for the address. */
class Received implements HttpServerRequest {
  readonly #raw: IncomingMessage
  readonly path: string
  readonly contentType: string
  readonly body: Buffer
  readonly identity: Identity | undefined

  constructor(
    raw: IncomingMessage,
    path: string,
    contentType: string,
    body: Buffer,
    identity: Identity | undefined,
  ) {
    this.#raw = raw
    this.path = path
    this.contentType = contentType
    this.body = body
    this.identity = identity
  }

  get method(): string {
    return this.#raw.method ?? ''
  }

  get headers(): IncomingMessage['headers'] {
    return this.#raw.headers
  }

  get clientAddress(): string {
    return peerAddress(this.#raw.socket)
  }

  get signal(): AbortSignal {
    return connectionSignal(this.#raw.socket)
  }
}

function pathOf(request: IncomingMessage): string {
  const { url = '' } = request
  const end = url.indexOf('?')
  return end < 0 ? url : url.slice(0, end)
}

function encodingOf(request: IncomingMessage): string {
  const header = request.headers['content-encoding']
  if (header === undefined) return ''
  const encoding = header.trim().toLowerCase()
  return encoding === 'identity' ? '' : encoding
}

function acceptsGzip(request: IncomingMessage): boolean {
  return /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))/i.test(
    String(request.headers['accept-encoding'] ?? ''),
  )
}
