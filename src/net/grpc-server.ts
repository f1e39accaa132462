import { createServer, type Server as NetServer, type Socket } from 'node:net'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:tls'
import {
  Server as GrpcJsServer,
  ServerCredentials,
  type ServerOptions,
  type ServerUnaryCall,
  type sendUnaryData,
} from '@grpc/grpc-js'
import type { Identity } from '../batch/sender-identity.ts'
import { untilAborted } from '../plugin/abort.ts'
import { PipelineError } from '../plugin/pipeline-error.ts'
import { RepeatedLog } from '../telemetry/repeated-log.ts'
import { Admission, type ServerContext } from './admission.ts'
import { limitConnections } from './connection-limit.ts'
import { GrpcAdmission } from './grpc-admission.ts'
import { GrpcAuth } from './grpc-auth.ts'
import { GrpcHealth } from './grpc-health.ts'
import { addMethod } from './grpc-method.ts'
import { GrpcReflection } from './grpc-reflection.ts'
import type { GrpcServerConfig } from './grpc-server-config.ts'
import { statusObject } from './grpc-status.ts'
import { widenWindows } from './grpc-window.ts'
import { formatHostPort } from './listen.ts'
import { listenAt } from './listen-at.ts'
import { ServerAuth } from './server-auth.ts'
import { closeIfSilent } from './silent-connection.ts'
import { loadTlsServerOptions } from './tls-options.ts'
import { CertificateReload } from './tls-reload.ts'

/** One unary call; what costs is made when asked for. */
export interface GrpcCall {
  readonly message: Buffer
  /** One metadata key (lower case, not `-bin`); several values are joined by `, `. */
  header(key: string): string | undefined
  /** Keys in lower case; several values of one key are joined, as HTTP/2 does. */
  readonly metadata: ReadonlyMap<string, readonly string[]>
  /** Who the sender is, when the server has `auth`. */
  readonly identity: Identity | undefined
  /** `address:port` of the client. */
  readonly clientAddress: string
  /** Aborts when the client cancels, its deadline passes or its connection is gone. */
  readonly signal: AbortSignal
}

/** Answers with the bytes of a message. A PipelineError becomes the status, by otlp/status. */
export type GrpcHandler = (call: GrpcCall) => Promise<Buffer>

export type GrpcServerContext = ServerContext

const MIB = 1024 ** 2

/**
 * Unary gRPC over @grpc/grpc-js, whose types stay in here: handlers see bytes. Connections are
 * accepted by a listener of our own and handed over, which gives clear errors, all TLS settings and
 * a bound on connections. Speaks grpc.health.v1 and server reflection.
 */
export class GrpcServer {
  readonly #config: GrpcServerConfig
  readonly #context: GrpcServerContext
  readonly #server: GrpcJsServer
  readonly #listener: NetServer
  /** Connections at the level of TCP: also those whose TLS handshake is not done. */
  readonly #connections = new Set<Socket>()
  /** Connections that were handed over. */
  readonly #sockets = new Set<Socket>()
  readonly #admission: Admission
  readonly #calls: GrpcAdmission
  readonly #auth: GrpcAuth | undefined
  readonly #log: RepeatedLog
  readonly #health = new GrpcHealth()
  readonly #reflection = new GrpcReflection()
  readonly #reload: CertificateReload | undefined
  #address = ''
  #stopping = false

  /** @throws an Error that names the key when the TLS files are no good. */
  constructor(config: GrpcServerConfig, context: GrpcServerContext) {
    this.#config = config
    this.#context = context
    this.#admission = new Admission(config, 'grpc', context)
    this.#calls = new GrpcAdmission(this.#admission.budget, config.max_recv_msg_size_mib * MIB)
    this.#log = new RepeatedLog(context.logger)
    this.#auth =
      config.auth &&
      new GrpcAuth(new ServerAuth(config.auth, context), thrown => this.#fault(thrown))
    const admit = this.#calls.interceptor
    // Who may come in at all is asked first: a call that is refused for good holds nothing.
    const interceptors = this.#auth === undefined ? [admit] : [admit, this.#auth.interceptor]
    this.#server = new GrpcJsServer({ ...serverOptions(config), interceptors })
    const injector = this.#server.createConnectionInjector(ServerCredentials.createInsecure())
    widenWindows(this.#server, context.logger)
    this.#listener = createListener(config, socket => {
      // Its TLS handshake was under way when the stop began; grpc-js would still serve it.
      if (this.#stopping) {
        socket.destroy()
        return
      }
      this.#sockets.add(socket)
      socket.once('close', () => this.#sockets.delete(socket))
      closeIfSilent(socket)
      injector.injectConnection(socket)
    })
    this.#listener.on('connection', (socket: Socket) => {
      this.#connections.add(socket)
      socket.once('close', () => this.#connections.delete(socket))
    })
    limitConnections(this.#listener, config.max_connections, () => {
      const fields = { max_connections: config.max_connections }
      this.#log.log('warn', 'drop', fields, 'too many connections: refused one')
    })
    if (config.tls !== undefined) {
      this.#reload = new CertificateReload(config.tls, context.logger, options =>
        (this.#listener as TlsServer).setSecureContext(options),
      )
    }
    this.#health.addTo(this.#server)
    this.#reflection.addTo(this.#server)
  }

  /**
   * Serves the method at `/package.Service/Method`. A method that only explains why it is not there
   * passes `listed: false`: health and reflection then do not know its service.
   */
  unary(path: string, handler: GrpcHandler, { listed = true } = {}): void {
    const service = path.split('/')[1] ?? ''
    if (listed) {
      this.#health.add(service)
      this.#reflection.add(service)
    }
    this.#calls.guard(path)
    addMethod(this.#server, path, 'unary', (call, done) => void this.#run(handler, call, done))
  }

  /** @throws an Error that names endpoint and key when the address cannot be had. */
  async start(): Promise<void> {
    this.#auth?.start()
    const { endpoint, transport } = this.#config
    this.#admission.start()
    const key = `${this.#context.key}::endpoint`
    const bound = await listenAt(this.#listener, endpoint, transport, key)
    this.#address = 'path' in bound ? `unix://${bound.path}` : `grpc://${formatHostPort(bound)}`
    this.#reload?.start()
  }

  /** `grpc://host:port` with the port really bound; '' before `start`. */
  get url(): string {
    return this.#address
  }

  /** Takes no more, answers what it has, and cuts every connection when `deadline` aborts. */
  async stop(deadline: AbortSignal): Promise<void> {
    this.#stopping = true
    this.#reload?.stop()
    this.#admission.stop()
    this.#health.stop()
    const closed = new Promise<void>(resolve => {
      if (this.#listener.listening) this.#listener.close(() => resolve())
      else resolve()
    })
    const shutDown = new Promise<void>(resolve => this.#server.tryShutdown(() => resolve()))
    // From Node 24 on tryShutdown of grpc-js 1.14 ends at once, with requests still in progress: a
    // connection is done when its socket has closed.
    const disconnected = [...this.#sockets].map(
      socket => new Promise<void>(resolve => socket.once('close', () => resolve())),
    )
    await untilAborted(
      Promise.all([shutDown, ...disconnected]).then(() => {}),
      deadline,
    )
    this.#server.forceShutdown()
    // Without channelz, forceShutdown of grpc-js 1.14 forgets the sessions that are still open.
    for (const socket of [...this.#sockets, ...this.#connections]) socket.destroy()
    await closed
  }

  async #run(
    handler: GrpcHandler,
    call: ServerUnaryCall<Buffer, Buffer>,
    done: sendUnaryData<Buffer>,
  ): Promise<void> {
    const lease = this.#calls.arrived(call.metadata)
    const received = new Received(call, this.#auth?.identityOf(call.metadata))
    try {
      // What arrived may have been compressed.
      lease.resize(call.request.length)
      const answer = await handler(received)
      received.finish()
      done(null, answer)
    } catch (thrown) {
      if (!(thrown instanceof PipelineError)) this.#fault(thrown)
      done(statusObject(PipelineError.from(thrown)))
    } finally {
      lease.release()
    }
  }

  #fault(err: unknown): void {
    this.#log.log('error', 'handler', { err }, 'a request handler failed')
  }
}

class Received implements GrpcCall {
  readonly #call: ServerUnaryCall<Buffer, Buffer>
  readonly identity: Identity | undefined
  #controller: AbortController | undefined

  constructor(call: ServerUnaryCall<Buffer, Buffer>, identity: Identity | undefined) {
    this.#call = call
    this.identity = identity
  }

  /** grpc-js says `cancelled` also at the end of every call that went well. */
  finish(): void {
    this.#controller = undefined
  }

  get message(): Buffer {
    return this.#call.request
  }

  header(key: string): string | undefined {
    return this.#call.metadata.get(key)[0]?.toString()
  }

  get metadata(): ReadonlyMap<string, readonly string[]> {
    const entries = Object.entries(this.#call.metadata.toHttp2Headers())
    return new Map(entries.map(([key, values]) => [key, [values].flat().map(text)]))
  }

  get clientAddress(): string {
    return this.#call.getPeer()
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.#call.cancelled) this.#controller.abort()
      else this.#call.once('cancelled', () => this.#controller?.abort())
    }
    return this.#controller.signal
  }
}

/** Values of `-bin` keys are bytes: base64 here, as on the wire. */
function text(value: unknown): string {
  return Buffer.isBuffer(value) ? value.toString('base64') : String(value)
}

function serverOptions(config: GrpcServerConfig): ServerOptions {
  const { server_parameters: server } = config.keepalive
  return {
    'grpc.max_receive_message_length': config.max_recv_msg_size_mib * MIB,
    'grpc.max_concurrent_streams': config.max_concurrent_streams,
    'grpc.keepalive_time_ms': server.time,
    'grpc.keepalive_timeout_ms': server.timeout,
    ...(server.max_connection_idle > 0
      ? { 'grpc.max_connection_idle_ms': server.max_connection_idle }
      : {}),
    ...(server.max_connection_age
      ? { 'grpc.max_connection_age_ms': server.max_connection_age }
      : {}),
    ...(server.max_connection_age_grace > 0
      ? { 'grpc.max_connection_age_grace_ms': server.max_connection_age_grace }
      : {}),
    // Its own bookkeeping of every call, which nothing here reads.
    'grpc.enable_channelz': 0,
  }
}

function createListener(config: GrpcServerConfig, accept: (socket: Socket) => void): NetServer {
  if (config.tls === undefined) return createServer({ noDelay: true }, accept)
  // Half-open, a client that leaves during the handshake would stay until the handshake times out.
  const tls = { noDelay: true, ...loadTlsServerOptions(config.tls), ALPNProtocols: ['h2'] }
  return createTlsServer(tls, accept).on('tlsClientError', () => {})
}
