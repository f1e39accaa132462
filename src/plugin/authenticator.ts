import type { PeerCertificate } from 'node:tls'
import type { Identity } from '../batch/sender-identity.ts'

/** What a request says of its sender, in any protocol. */
export interface AuthRequest {
  /** Every value of a header or of gRPC metadata, by its name in lower case. */
  header(name: string): readonly string[]
  /** The client's address, or network: what all its connections have in common. */
  readonly client: string
  /** The client's certificate, which TLS has verified; undefined without one. */
  certificate(): PeerCertificate | undefined
}

/** Tells servers who their senders are: an extension that adds itself to `Authenticators`. */
export interface Authenticator {
  /** The WWW-Authenticate header of a 401: how to do better. */
  readonly challenge: string
  /**
   * Who sent this.
   * @throws PipelineError, also as a rejection: `unauthenticated`, permanent, for no or wrong
   * credentials; `resource_exhausted`, retryable, when there were too many wrong ones of late;
   * `unavailable`, retryable, when nobody can tell for now.
   */
  authenticate(request: AuthRequest): Identity | Promise<Identity>
}

/** Gives clients (exporters) the headers that say who they are. */
export interface ClientAuthenticator {
  /** Names in lower case; asked for every request, so that a new token is used at once. */
  headers(): Readonly<Record<string, string>>
}

/** Components of one kind by extension id. */
export class Registry<T> {
  readonly #known = new Map<string, T>()
  readonly #what: string

  /** `what` they do, for errors: `authenticates senders`. */
  constructor(what: string) {
    this.#what = what
  }

  /** Gives the function that takes it away again, unless another has taken its place. */
  add(id: string, component: T): () => void {
    this.#known.set(id, component)
    return () => {
      if (this.#known.get(id) === component) this.#known.delete(id)
    }
  }

  /** @throws an Error that names `key`, where the config refers to it, when it is not there. */
  get(id: string, key: string): T {
    const found = this.#known.get(id)
    if (found !== undefined) return found
    throw new Error(
      `${key}: no extension "${id}" that ${this.#what} is running; configure one under extensions and name it in service::extensions`,
    )
  }
}

/**
 * The authenticators of the process. Extensions add theirs when they start, which is before what
 * uses them; one that is replaced while running only has to add its successor.
 */
export class Authenticators {
  readonly servers: Registry<Authenticator> = new Registry('authenticates senders')
  readonly clients: Registry<ClientAuthenticator> = new Registry('gives credentials to clients')
}
