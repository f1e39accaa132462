import {
  Agent,
  createServer,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { DestinationFault } from '../plan.ts'
import { Random } from '../random.ts'
import type { Disturber } from './destination.ts'

const GARBAGE = '<html><title>502</title>\0\u00ff{"half": '
/** Codes of ClickHouse for "busy" and "memory"; a server without them ignores the header. */
const EXCEPTION_CODES = [202, 241]

/**
 * Stands between Parsec and an HTTP destination that is always well, and misbehaves as told. It
 * never says yes to what the destination has not got: nobody could deliver to a server that lies.
 */
export class FaultProxy implements Disturber {
  readonly #server: Server
  readonly #upstream: URL
  readonly #agent = new Agent({ keepAlive: true })
  readonly #random: Random
  readonly #finalStatus: number | undefined
  #fault: DestinationFault | undefined
  #isHeld = false
  #disturbed = 0

  private constructor(upstream: string, seed: number, finalStatus: number | undefined) {
    this.#finalStatus = finalStatus
    this.#upstream = new URL(upstream)
    this.#random = new Random(seed, 'proxy')
    this.#server = createServer((incoming, response) => {
      this.#handle(incoming, response).catch(() => incoming.socket.destroy())
    })
    // The HTTP client's own faults, such as a request that was cut.
    this.#server.on('clientError', (_error, socket) => socket.destroy())
  }

  /**
   * A proxy in front of the server at this URL, on a free port. `finalStatus`: what its protocol
   * takes for a refusal for good, which is no fault to recover from; 503 is answered instead.
   */
  static async start(upstream: string, seed: number, finalStatus?: number): Promise<FaultProxy> {
    const proxy = new FaultProxy(upstream, seed, finalStatus)
    await new Promise<void>(resolve => proxy.#server.listen(0, '127.0.0.1', resolve))
    return proxy
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** Requests that something was done to. */
  get disturbed(): number {
    return this.#disturbed
  }

  /** Begins with this fault; undefined: all is well again. */
  set(fault: DestinationFault | undefined): void {
    this.#fault = fault
    // A server that goes down takes its connections with it.
    if (fault?.kind === 'down') this.#server.closeAllConnections()
  }

  /** true: down, whatever else is going on. */
  hold(isHeld: boolean): void {
    this.#isHeld = isHeld
    if (isHeld) this.#server.closeAllConnections()
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise(resolve => this.#server.close(resolve))
    this.#agent.destroy()
  }

  async #handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.#isHeld) {
      incoming.socket.destroy()
      return
    }
    const fault = this.#fault
    const hit = fault !== undefined && (fault.kind === 'down' || this.#random.chance(fault.share))
    if (!hit) return await this.#forward(incoming, response)
    this.#disturbed++
    switch (fault.kind) {
      case 'down':
        // Reset instead of refused: a closed port could be given to somebody else meanwhile.
        incoming.socket.destroy()
        return
      case 'slow':
        await sleep(fault.delayMs)
        return await this.#forward(incoming, response)
      case 'refuse':
        return await this.#refuse(fault, incoming, response)
      case 'garbage':
        return await this.#garbage(incoming, response)
      case 'lost-answer':
        await this.#ask(incoming)
        incoming.socket.destroy()
    }
  }

  async #forward(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { status, headers, body } = await this.#ask(incoming)
    response.writeHead(status, headers).end(body)
  }

  async #refuse(
    { status: wanted }: DestinationFault,
    incoming: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    await bodyOf(incoming)
    const status = wanted === this.#finalStatus ? 503 : wanted
    const code = this.#random.pick(EXCEPTION_CODES)
    const told = this.#random.chance(0.5) ? { 'x-clickhouse-exception-code': code } : {}
    const after = status === 429 && this.#random.chance(0.5) ? { 'retry-after': '1' } : {}
    response.writeHead(status, { ...told, ...after }).end(`Code: ${code}. DB::Exception: busy`)
  }

  /** An answer nobody can read: a gateway's page, bytes that are no HTTP, half an answer. */
  async #garbage(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { socket } = incoming
    switch (this.#random.int(0, 3)) {
      case 0:
        await bodyOf(incoming)
        response.writeHead(502, { 'content-type': 'text/html' }).end(GARBAGE)
        return
      case 1:
        await bodyOf(incoming)
        socket.end(GARBAGE)
        return
      case 2: {
        const { headers, body } = await this.#ask(incoming)
        // More is announced than comes.
        response.writeHead(200, { ...headers, 'content-length': body.length + 1000 }).write(body)
        await sleep(10)
        socket.destroy()
        return
      }
      default: {
        // It is done; only the words are strange.
        await this.#ask(incoming)
        response.writeHead(200, { 'content-type': 'text/html' }).end(GARBAGE)
      }
    }
  }

  async #ask(
    incoming: IncomingMessage,
  ): Promise<{ status: number; headers: Record<string, string>; body: Buffer }> {
    const body = await bodyOf(incoming)
    const { hostname, port } = this.#upstream
    return await new Promise((resolve, reject) => {
      const { method, url: path } = incoming
      const headers: Record<string, string | string[] | undefined | number> = {
        ...incoming.headers,
        'content-length': body.length,
      }
      delete headers['transfer-encoding']
      delete headers['connection']
      const options = { hostname, port, method, path, headers, agent: this.#agent }
      const outgoing = request(options, answer => {
        bodyOf(answer).then(bytes => {
          const type = answer.headers['content-type']
          const told = ['x-clickhouse-exception-code', 'x-clickhouse-format', 'retry-after']
          const own = told.flatMap(name => {
            const value = answer.headers[name]
            return typeof value === 'string' ? [[name, value]] : []
          })
          const kept = { ...Object.fromEntries(own), ...(type ? { 'content-type': type } : {}) }
          resolve({ status: answer.statusCode ?? 500, headers: kept, body: bytes })
        }, reject)
      })
      outgoing.on('error', reject)
      outgoing.end(body)
    })
  }
}

async function bodyOf(stream: AsyncIterable<unknown>): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}
