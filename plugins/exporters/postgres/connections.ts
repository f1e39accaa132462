import { type ConnectionOptions as TlsOptions } from 'node:tls'
import pg from 'pg'
import { orAborted } from '#core'

/** How to reach a server, worked out of the config. */
export interface ConnectionOptions {
  readonly host: string
  readonly port: number
  readonly username: string
  readonly password: string
  readonly database: string
  readonly applicationName: string
  /** undefined: no TLS. */
  readonly tls: TlsOptions | undefined
  readonly connectionsMax: number
}

export type Session = pg.PoolClient

/** Connecting, and waiting for a connection that another batch has. */
const CONNECT_TIMEOUT_MS = 10_000
/** An idle connection costs the server a process. */
const IDLE_TIMEOUT_MS = 30_000
/** So that load balancers and failovers are followed. */
const LIFETIME_SECONDS = 3600

/** A bounded pool of connections; opens them when they are needed. */
export class Connections {
  readonly #pool: pg.Pool
  #closed: Promise<void> | undefined

  constructor(options: ConnectionOptions) {
    const { password, tls } = options
    this.#pool = new pg.Pool({
      host: options.host,
      port: options.port,
      user: options.username,
      // A function, so that nothing that prints the options prints the password, and neither
      // PGPASSWORD nor ~/.pgpass is asked behind the config's back.
      password: () => password,
      database: options.database,
      application_name: options.applicationName,
      ssl: tls ?? false,
      max: options.connectionsMax,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      idleTimeoutMillis: IDLE_TIMEOUT_MS,
      maxLifetimeSeconds: LIFETIME_SECONDS,
      keepAlive: true,
    })
    // An idle connection that is lost is replaced when the next one is needed.
    this.#pool.on('error', () => {})
    // One in use fails its query as well; without a listener it would end the process.
    this.#pool.on('connect', client => void client.on('error', () => {}))
  }

  /**
   * Runs `work` with a connection of its own. When it fails, or `signal` aborts, the connection is
   * cut rather than used again: nobody knows what state it is in. Rejects with what went wrong.
   */
  async use<T>(signal: AbortSignal, work: (session: Session) => Promise<T>): Promise<T> {
    const session = await this.#connect(signal)
    try {
      const result = await orAborted(work(session), signal)
      session.release()
      return result
    } catch (error) {
      session.release(true)
      throw error
    }
  }

  /** Closes every connection; those in use are cut when `deadline` aborts. Safe to repeat. */
  async close(deadline: AbortSignal): Promise<void> {
    this.#closed ??= this.#pool.end()
    await orAborted(this.#closed, deadline).catch(() => {})
  }

  async #connect(signal: AbortSignal): Promise<Session> {
    const connecting = this.#pool.connect()
    try {
      return await orAborted(connecting, signal)
    } catch (error) {
      // It may still come; then nobody wants it any more.
      connecting.then(
        late => late.release(),
        () => {},
      )
      throw error
    }
  }
}
