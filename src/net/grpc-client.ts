import dns from 'node:dns/promises'
import net from 'node:net'
import type tls from 'node:tls'
import { errorOfGrpc } from '../otlp/status.ts'
import { PipelineError } from '../plugin/pipeline-error.ts'
import { version } from '../telemetry/version.ts'
import { type Compression, compress } from './compression.ts'
import { type BalancerName, GrpcBalancer } from './grpc-balancer.ts'
import type { UnaryReply } from './grpc-call.ts'
import { GrpcConnection, type KeepaliveOptions, type SocketAddress } from './grpc-connection.ts'
import type { GrpcTarget } from './grpc-target.ts'

export interface GrpcClientOptions {
  readonly target: GrpcTarget
  /** Absent = plaintext. */
  readonly tls: tls.ConnectionOptions | undefined
  /** Sent with every call. Values are secrets: they never appear in an error. */
  readonly headers: Readonly<Record<string, string>>
  readonly compression: Compression
  readonly compressionLevel: number
  readonly balancer: BalancerName
  readonly keepalive: KeepaliveOptions
  /** Wait for a connection until the deadline instead of failing at once. */
  readonly waitForReady: boolean
  /** Overrides the `:authority` that the target gives. */
  readonly authority?: string | undefined
  readonly requestBytesMax: number
  readonly responseBytesMax: number
}

export interface UnaryOptions {
  readonly timeoutMs: number
  readonly signal?: AbortSignal
  /** Beside the client's own headers. */
  readonly metadata?: Readonly<Record<string, string>>
}

const CONNECT_TIMEOUT_MS = 20_000
/** How often a call that the server has certainly not processed is sent again at once. */
const ATTEMPTS_MAX = 3
/** A gRPC timeout has at most eight digits. */
const GRPC_TIMEOUT_MS_MAX = 99_999_999

/**
 * Unary gRPC calls with bytes in and bytes out, over node:http2. @grpc/grpc-js does the same for
 * twice the CPU (docs/decisions/0005-grpc-client.md).
 */
export class GrpcClient {
  readonly #options: GrpcClientOptions
  readonly #balancer: GrpcBalancer
  readonly #headers: Readonly<Record<string, string>>
  #closed = false

  constructor(options: GrpcClientOptions) {
    this.#options = options
    const { target, compression, headers, balancer, keepalive } = options
    const authority = options.authority ?? target.authority
    this.#balancer = new GrpcBalancer({
      balancer,
      resolve: () => resolveAddress(target),
      connect: address =>
        new GrpcConnection({
          address,
          authority,
          tls: options.tls && withServerName(options.tls, target),
          keepalive,
          connectTimeoutMs: CONNECT_TIMEOUT_MS,
        }),
    })
    this.#headers = {
      ':method': 'POST',
      ':authority': authority,
      'content-type': 'application/grpc',
      te: 'trailers',
      'user-agent': `parsec/${version}`,
      ...(compression === 'none' ? {} : { 'grpc-encoding': compression }),
      ...headers,
    }
  }

  /**
   * Sends one message and resolves with the answer's bytes. Rejects with PipelineError: retryable
   * as OTLP says for the server's status, and whenever no answer came.
   */
  async unary(path: string, message: Buffer, options: UnaryOptions): Promise<Buffer> {
    const { requestBytesMax, compression, compressionLevel } = this.#options
    if (message.length > requestBytesMax) {
      const text = `request is ${message.length} bytes, the limit is ${requestBytesMax}`
      throw PipelineError.permanent(text, { code: 'resource_exhausted', reason: 'too_large' })
    }
    const deadlineMs = performance.now() + options.timeoutMs
    const payload = await compress(message, compression, compressionLevel)
    for (let attempt = 1; ; attempt++) {
      const reply = await this.#attempt(path, payload, options, deadlineMs)
      if (reply.status === 0) return reply.message
      if (reply.unprocessed && attempt < ATTEMPTS_MAX && !this.#closed) continue
      throw errorOfGrpc(reply.status, reply.statusMessage, reply.details)
    }
  }

  /** Lets the calls under way finish until `deadline` aborts, then cuts them. */
  async close(deadline?: AbortSignal): Promise<void> {
    this.#closed = true
    const cut = (): void => this.#balancer.destroy()
    if (deadline?.aborted) return cut()
    deadline?.addEventListener('abort', cut, { once: true })
    await this.#balancer.close()
    deadline?.removeEventListener('abort', cut)
  }

  async #attempt(
    path: string,
    payload: Buffer,
    options: UnaryOptions,
    deadlineMs: number,
  ): Promise<UnaryReply> {
    const connection =
      this.#balancer.pickReady() ?? (await this.#connect(deadlineMs, options.signal))
    const timeoutMs = Math.max(1, Math.ceil(deadlineMs - performance.now()))
    const grpcTimeoutMs = Math.min(timeoutMs, GRPC_TIMEOUT_MS_MAX)
    return connection.call({
      headers: {
        ...this.#headers,
        ...options.metadata,
        ':path': path,
        'grpc-timeout': `${grpcTimeoutMs}m`,
      },
      message: payload,
      compressed: this.#options.compression !== 'none',
      responseBytesMax: this.#options.responseBytesMax,
      timeoutMs,
      signal: options.signal,
    })
  }

  async #connect(deadlineMs: number, caller: AbortSignal | undefined): Promise<GrpcConnection> {
    if (this.#closed) throw PipelineError.retryable('the gRPC client is closed')
    const timeout = AbortSignal.timeout(Math.max(0, Math.ceil(deadlineMs - performance.now())))
    const signal = caller === undefined ? timeout : AbortSignal.any([caller, timeout])
    try {
      return await this.#balancer.waitReady(this.#options.waitForReady, signal)
    } catch (error) {
      const { authority } = this.#options.target
      const cause = error as Error
      if (caller?.aborted) {
        const text = `gave up connecting to ${authority}`
        throw PipelineError.retryable(text, { code: 'cancelled', cause })
      }
      const code = timeout.aborted ? 'deadline_exceeded' : 'unavailable'
      const why = timeout.aborted ? 'no connection before the deadline' : cause.message
      throw PipelineError.retryable(`cannot connect to ${authority}: ${why}`, { code, cause })
    }
  }
}

async function resolveAddress({ address }: GrpcTarget): Promise<readonly SocketAddress[]> {
  if ('path' in address || net.isIP(address.host) !== 0) return [address]
  const found = await dns.lookup(address.host, { all: true })
  return found.map(({ address: host }) => ({ host, port: address.port }))
}

/** The certificate is checked against the name in the config, not the address it resolved to. */
function withServerName(options: tls.ConnectionOptions, target: GrpcTarget): tls.ConnectionOptions {
  if (options.servername !== undefined || !('host' in target.address)) return options
  const { host } = target.address
  return net.isIP(host) === 0 ? { ...options, servername: host } : options
}
