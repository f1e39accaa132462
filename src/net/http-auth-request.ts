import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { type PeerCertificate, TLSSocket } from 'node:tls'
import type { AuthRequest } from '../plugin/authenticator.ts'
import { peerClient } from './connection-signal.ts'

/** An HTTP request as authenticators see it. */
export class HttpAuthRequest implements AuthRequest {
  readonly #raw: IncomingMessage

  constructor(raw: IncomingMessage) {
    this.#raw = raw
  }

  /** Each value by itself: of two Authorization headers Node's `headers` would show but one. */
  header(name: string): readonly string[] {
    return this.#raw.headersDistinct[name] ?? []
  }

  get client(): string {
    return peerClient(this.#raw.socket)
  }

  certificate(): PeerCertificate | undefined {
    return certificateOf(this.#raw.socket)
  }
}

/** The client's certificate, if TLS asked for one and has verified it. */
function certificateOf(socket: Socket): PeerCertificate | undefined {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined
  const certificate = socket.getPeerCertificate()
  return Object.keys(certificate).length === 0 ? undefined : certificate
}
