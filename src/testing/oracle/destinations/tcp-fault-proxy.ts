import type { AddressInfo } from 'node:net'
import { connect, createServer, type Server, type Socket } from 'node:net'
import type { DestinationFault } from '../plan.ts'
import { Random } from '../random.ts'
import type { Disturber } from './destination.ts'

/** `Q`: a query in PostgreSQL's protocol; anything else a client sends belongs to one. */
const QUERY = 0x51
const GARBAGE = Buffer.from('<html><title>502</title>\0\u00ff')

/**
 * Stands between Parsec and a PostgreSQL that is always well, and misbehaves as told. Each query of a
 * connection, a COMMIT among them, may be the one that something is done to.
 */
export class TcpFaultProxy implements Disturber {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #random: Random
  #fault: DestinationFault | undefined
  #isHeld = false
  #disturbed = 0

  private constructor(targetPort: number, seed: number) {
    this.#random = new Random(seed, 'proxy')
    this.#server = createServer(client => this.#serve(client, connect(targetPort, '127.0.0.1')))
  }

  /** A proxy in front of this port of the loopback, on a free port. */
  static async start(targetPort: number, seed: number): Promise<TcpFaultProxy> {
    const proxy = new TcpFaultProxy(targetPort, seed)
    await new Promise<void>(resolve => proxy.#server.listen(0, '127.0.0.1', resolve))
    return proxy
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  get disturbed(): number {
    return this.#disturbed
  }

  set(fault: DestinationFault | undefined): void {
    this.#fault = fault
    if (fault?.kind === 'down') this.#cutAll()
  }

  hold(isHeld: boolean): void {
    this.#isHeld = isHeld
    if (isHeld) this.#cutAll()
  }

  async close(): Promise<void> {
    this.#cutAll()
    await new Promise(resolve => this.#server.close(resolve))
  }

  #cutAll(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  #serve(client: Socket, target: Socket): void {
    const cut = (): void => {
      client.destroy()
      target.destroy()
    }
    for (const socket of [client, target]) {
      this.#sockets.add(socket)
      socket.on('error', cut)
      socket.on('close', () => {
        this.#sockets.delete(socket)
        cut()
      })
    }
    if (this.#isHeld || this.#fault?.kind === 'down') {
      this.#disturbed++
      cut()
      return
    }
    let isAnswerLost = false
    client.on('data', (chunk: Buffer) => {
      const fault = this.#hit(chunk)
      switch (fault?.kind) {
        case undefined:
          target.write(chunk)
          return
        case 'slow':
          // Nothing of this connection may overtake it.
          client.pause()
          setTimeout(() => {
            target.write(chunk)
            client.resume()
          }, fault.delayMs)
          return
        case 'garbage':
          client.end(GARBAGE)
          target.destroy()
          return
        case 'lost-answer':
          isAnswerLost = true
          target.write(chunk)
          return
        default:
          cut()
      }
    })
    target.on('data', (chunk: Buffer) => {
      if (isAnswerLost) cut()
      else client.write(chunk)
    })
  }

  /** The fault to do to this chunk, if any. */
  #hit(chunk: Buffer): DestinationFault | undefined {
    const fault = this.#fault
    if (fault === undefined || chunk[0] !== QUERY || !this.#random.chance(fault.share))
      return undefined
    this.#disturbed++
    return fault
  }
}
