import type { PeerCertificate } from 'node:tls'
import {
  type Metadata,
  ServerInterceptingCall,
  type ServerInterceptingCallInterface,
  type ServerInterceptor,
} from '@grpc/grpc-js'
import type { Identity } from '../batch/sender-identity.ts'
import type { AuthRequest } from '../plugin/authenticator.ts'
import { PipelineError } from '../plugin/pipeline-error.ts'
import { clientName } from './client-name.ts'
import { statusObject } from './grpc-status.ts'
import { type ServerAuth, WRITE_LOGS } from './server-auth.ts'

/** Probes of load balancers and orchestrators cannot say who they are. */
const PUBLIC_SERVICE = '/grpc.health.v1.Health/'

/** Asks who sends before a byte of the message is read. */
export class GrpcAuth {
  readonly #auth: ServerAuth
  readonly #onFault: (thrown: unknown) => void
  readonly #identities = new WeakMap<Metadata, Identity>()

  /** `onFault` hears of errors that are no verdict. */
  constructor(auth: ServerAuth, onFault: (thrown: unknown) => void) {
    this.#auth = auth
    this.#onFault = onFault
  }

  /** @throws an Error that names the key when the extension is not there. */
  start(): void {
    this.#auth.start()
  }

  /** Of the call with this metadata. */
  identityOf(metadata: Metadata): Identity | undefined {
    return this.#identities.get(metadata)
  }

  get interceptor(): ServerInterceptor {
    return ({ path }, call) => {
      if (path.startsWith(PUBLIC_SERVICE)) return new ServerInterceptingCall(call)
      return new ServerInterceptingCall(call, {
        start: next =>
          next({
            onReceiveMetadata: (metadata, pass) => {
              void this.#identify(call, metadata).then(allowed => {
                if (allowed) pass(metadata)
              })
            },
          }),
      })
    }
  }

  /** False when the call has been answered. */
  async #identify(call: ServerInterceptingCallInterface, metadata: Metadata): Promise<boolean> {
    try {
      const request = new GrpcAuthRequest(call, metadata)
      this.#identities.set(metadata, await this.#auth.identify(request, WRITE_LOGS))
      return true
    } catch (thrown) {
      if (!(thrown instanceof PipelineError)) this.#onFault(thrown)
      call.sendStatus(statusObject(PipelineError.from(thrown)))
      return false
    }
  }
}

class GrpcAuthRequest implements AuthRequest {
  readonly #call: ServerInterceptingCallInterface
  readonly #metadata: Metadata

  constructor(call: ServerInterceptingCallInterface, metadata: Metadata) {
    this.#call = call
    this.#metadata = metadata
  }

  header(name: string): readonly string[] {
    return this.#metadata.get(name).map(String)
  }

  get client(): string {
    return clientName(this.#call.getConnectionInfo().remoteAddress)
  }

  certificate(): PeerCertificate | undefined {
    return this.#call.getAuthContext().sslPeerCertificate
  }
}
