import http2, { type ClientHttp2Session } from 'node:http2'
import net from 'node:net'
import tls from 'node:tls'
import { callUnary, type UnaryReply, type UnaryRequest, unsent } from './grpc-call.ts'

export type SocketAddress =
  | { readonly host: string; readonly port: number }
  | { readonly path: string }

export interface KeepaliveOptions {
  /** Idle time after which the server is asked for a sign of life. */
  readonly timeMs: number
  /** How long it has for the answer before the connection is given up. */
  readonly timeoutMs: number
  /** Ask even while no call is under way. */
  readonly permitWithoutStream: boolean
}

export interface GrpcConnectionOptions {
  readonly address: SocketAddress
  readonly authority: string
  /** Absent = plaintext. */
  readonly tls: tls.ConnectionOptions | undefined
  readonly keepalive: KeepaliveOptions
  readonly connectTimeoutMs: number
}

/** gRPC's doc/connection-backoff.md, but at most 10 s: an exporter must notice its server is back. */
const BACKOFF_MS_FIRST = 1000
const BACKOFF_MS_MAX = 10_000
const BACKOFF_FACTOR = 1.6
const BACKOFF_JITTER = 0.2

/**
 * At most one HTTP/2 session to one address: opened on demand, replaced after a GOAWAY or a loss,
 * and left alone for a while after a failure.
 */
export class GrpcConnection {
  readonly #options: GrpcConnectionOptions
  #session: ClientHttp2Session | undefined
  #calls = 0
  #connecting: Promise<void> | undefined
  #keepaliveTimeMs: number
  #failures = 0
  #retryAtMs = 0
  #closed = false
  /** Why the last connection failed or ended. */
  lastError: Error | undefined

  constructor(options: GrpcConnectionOptions) {
    this.#options = options
    this.#keepaliveTimeMs = options.keepalive.timeMs
  }

  /** Is there a session that new calls may use now? */
  get isReady(): boolean {
    return this.#session !== undefined
  }

  get isConnecting(): boolean {
    return this.#connecting !== undefined
  }

  /** When the next try is due, on the clock of `performance.now()`; 0 = any time. */
  get retryAtMs(): number {
    return this.#retryAtMs
  }

  /** Opens the session, or joins the attempt under way. Rejects with what went wrong. */
  connect(): Promise<void> {
    if (this.#session !== undefined) return Promise.resolve()
    this.#connecting ??= this.#open().then(
      session => this.#opened(session),
      (error: unknown) => this.#failed(error),
    )
    return this.#connecting
  }

  /** Makes a call on the open session; without one it is a failure that may be sent again. */
  async call(request: UnaryRequest): Promise<UnaryReply> {
    if (this.#session === undefined) return unsent('no connection')
    this.#calls++
    try {
      return await callUnary(this.#session, request)
    } finally {
      this.#calls--
    }
  }

  /** Lets the calls under way finish; resolves when they have. */
  async close(): Promise<void> {
    this.#closed = true
    const session = this.#session
    this.#session = undefined
    if (session === undefined || session.closed) return
    await new Promise<void>(resolve => session.close(resolve))
  }

  /** Cuts the connection and every call on it. */
  destroy(): void {
    this.#closed = true
    this.#session?.destroy()
    this.#session = undefined
  }

  #opened(session: ClientHttp2Session): void {
    this.#connecting = undefined
    this.#failures = 0
    this.#retryAtMs = 0
    if (this.#closed) {
      session.destroy()
      throw new Error('the client is closed')
    }
    this.#session = session
    const keepalive = this.#startKeepalive(session)
    session.on('goaway', code => {
      // The server minds our pings: gRPC asks clients to halve their rate.
      if (code === http2.constants.NGHTTP2_ENHANCE_YOUR_CALM) this.#keepaliveTimeMs *= 2
      this.#ended(session, new Error(`server said GOAWAY with code ${code}`))
    })
    session.on('close', () => {
      clearInterval(keepalive)
      this.#ended(session, new Error('connection closed'))
    })
  }

  #ended(session: ClientHttp2Session, error: Error): void {
    if (this.#session !== session) return
    this.#session = undefined
    this.lastError = error
  }

  #failed(thrown: unknown): never {
    this.#connecting = undefined
    const error = thrown instanceof Error ? thrown : new Error(String(thrown))
    this.lastError = error
    const backoffMs = Math.min(BACKOFF_MS_MAX, BACKOFF_MS_FIRST * BACKOFF_FACTOR ** this.#failures)
    this.#failures++
    const jitter = 1 + (Math.random() * 2 - 1) * BACKOFF_JITTER
    this.#retryAtMs = performance.now() + backoffMs * jitter
    throw error
  }

  /** Ready means that the server's SETTINGS came: only then is it certain to speak HTTP/2. */
  #open(): Promise<ClientHttp2Session> {
    const { authority, connectTimeoutMs } = this.#options
    const scheme = this.#options.tls === undefined ? 'http' : 'https'
    return new Promise((resolve, reject) => {
      const socket = this.#socket()
      const session = http2.connect(`${scheme}://${authority}`, {
        createConnection: () => socket,
        settings: { enablePush: false },
        // Node's default of 10 MB would refuse streams; what is in flight is bounded by the caller.
        maxSessionMemory: Number.MAX_SAFE_INTEGER,
      })
      const fail = (error: Error): void => {
        clearTimeout(timer)
        reject(error)
        session.destroy()
      }
      const timer = setTimeout(
        () => fail(new Error(`no HTTP/2 connection within ${connectTimeoutMs} ms`)),
        connectTimeoutMs,
      )
      session.on('error', error => fail(this.#explain(error)))
      // A TLS alert after the handshake, such as a missing client certificate, reaches only the socket.
      socket.on('error', error => fail(this.#explain(error)))
      session.once('close', () => fail(this.#explain(undefined)))
      session.once('remoteSettings', () => {
        clearTimeout(timer)
        resolve(session)
      })
    })
  }

  #socket(): net.Socket {
    const { address, tls: tlsOptions } = this.#options
    if (tlsOptions === undefined) return net.connect({ ...address, noDelay: true })
    const socket = tls.connect({ ...tlsOptions, ...address, ALPNProtocols: ['h2'] })
    socket.setNoDelay(true)
    socket.once('secureConnect', () => {
      if (socket.alpnProtocol === 'h2') return
      socket.destroy(new Error('the server does not offer HTTP/2 (ALPN h2) over TLS'))
    })
    return socket
  }

  /** Says what to do about the two mistakes that everybody makes. */
  #explain(error: Error | undefined): Error {
    if (this.#options.tls === undefined) {
      const hint = 'it may want TLS: remove tls::insecure, or it is not a gRPC port'
      if (error === undefined) return new Error(`the server closed the connection; ${hint}`)
      if ((error as NodeJS.ErrnoException).code !== 'ERR_HTTP2_ERROR') return error
      return new Error(`the server does not speak HTTP/2; ${hint}`, { cause: error })
    }
    if (error === undefined) return new Error('the server closed the connection')
    if (!/wrong version number|packet length too long/.test(error.message)) return error
    const hint = 'the server does not speak TLS here: set tls::insecure to true'
    return new Error(hint, { cause: error })
  }

  #startKeepalive(session: ClientHttp2Session): NodeJS.Timeout {
    const { timeoutMs, permitWithoutStream } = this.#options.keepalive
    let pinged = false
    const tick = (): void => {
      const idle = this.#calls === 0 && !permitWithoutStream
      if (pinged || session.destroyed || idle) return
      pinged = true
      const timer = setTimeout(() => {
        session.destroy(new Error(`no answer to a keepalive ping within ${timeoutMs} ms`))
      }, timeoutMs)
      session.ping(() => {
        pinged = false
        clearTimeout(timer)
      })
    }
    const interval = setInterval(tick, this.#keepaliveTimeMs)
    interval.unref()
    return interval
  }
}
