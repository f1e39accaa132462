import type { GrpcConnection, SocketAddress } from './grpc-connection.ts'

export type BalancerName = 'round_robin' | 'pick_first'

export interface GrpcBalancerOptions {
  /** Looks the addresses up; asked again after a connection was lost. */
  readonly resolve: () => Promise<readonly SocketAddress[]>
  readonly connect: (address: SocketAddress) => GrpcConnection
  readonly balancer: BalancerName
}

/** Lost connections do not cause more look-ups than this. */
const RESOLVE_INTERVAL_MS = 5000
const WAIT_MS_MAX = 1000

/**
 * One connection per address of the target, opened when a call needs it. `round_robin` uses all
 * that work in turn; `pick_first` stays with the first that works.
 */
export class GrpcBalancer {
  readonly #options: GrpcBalancerOptions
  readonly #connections = new Map<string, GrpcConnection>()
  #resolving: Promise<void> | undefined
  #resolvedAtMs = Number.NEGATIVE_INFINITY
  #next = 0

  constructor(options: GrpcBalancerOptions) {
    this.#options = options
  }

  /** Fast path, without promise or timer: a connection that is ready, if there is one now. */
  pickReady(): GrpcConnection | undefined {
    const ready: GrpcConnection[] = []
    for (const connection of this.#connections.values()) {
      if (connection.isReady) ready.push(connection)
    }
    if (ready.length === 0) return undefined
    if (this.#options.balancer === 'pick_first') return ready[0]
    if (ready.length < this.#connections.size) this.#mend()
    return ready[this.#next++ % ready.length]
  }

  /**
   * Waits for a connection to be ready. When none can be had, rejects with the reason, or with
   * `wait` tries until `signal` aborts.
   */
  async waitReady(wait: boolean, signal: AbortSignal): Promise<GrpcConnection> {
    for (;;) {
      const ready = this.pickReady()
      if (ready !== undefined) return ready
      const error = await abortable(this.#connectAny(), signal)
      if (error === undefined) continue
      if (!wait) throw error
      await abortable(sleep(this.#waitMs()), signal)
    }
  }

  /** Lets the calls under way finish. */
  async close(): Promise<void> {
    await Promise.all([...this.#connections.values()].map(connection => connection.close()))
  }

  /** Cuts every connection. */
  destroy(): void {
    for (const connection of this.#connections.values()) connection.destroy()
  }

  /** Brings missing connections back while calls go over the others. */
  #mend(): void {
    for (const connection of this.#due()) connection.connect().catch(() => undefined)
    this.#refresh().catch(() => undefined)
  }

  #due(): GrpcConnection[] {
    const now = performance.now()
    return [...this.#connections.values()].filter(
      connection => !connection.isReady && (connection.isConnecting || connection.retryAtMs <= now),
    )
  }

  /** Undefined when a connection is ready, else why there is none. */
  async #connectAny(): Promise<Error | undefined> {
    try {
      await this.#refresh()
    } catch (error) {
      if (this.#connections.size === 0) return error as Error
    }
    const due = this.#due()
    if (this.#options.balancer === 'pick_first') {
      for (const connection of due) {
        try {
          await connection.connect()
          return undefined
        } catch {
          // The next address may work; the reason is kept by the connection.
        }
      }
      return this.#reason()
    }
    try {
      await Promise.any(due.map(connection => connection.connect()))
      return undefined
    } catch {
      return this.#reason()
    }
  }

  #reason(): Error {
    const reasons = [...this.#connections.values()].map(({ lastError }) => lastError?.message)
    const known = [...new Set(reasons.filter(reason => reason !== undefined))]
    return new Error(known.length === 0 ? 'the name has no address' : known.join('; '))
  }

  async #refresh(): Promise<void> {
    if (performance.now() - this.#resolvedAtMs < RESOLVE_INTERVAL_MS) return
    this.#resolving ??= this.#lookUp().finally(() => {
      this.#resolving = undefined
    })
    await this.#resolving
  }

  async #lookUp(): Promise<void> {
    const addresses = await this.#options.resolve()
    this.#resolvedAtMs = performance.now()
    const keys = new Set(addresses.map(address => JSON.stringify(address)))
    for (const [key, connection] of this.#connections) {
      if (keys.has(key)) continue
      this.#connections.delete(key)
      void connection.close()
    }
    for (const address of addresses) {
      const key = JSON.stringify(address)
      if (!this.#connections.has(key)) this.#connections.set(key, this.#options.connect(address))
    }
  }

  /** Until the next connection may be tried. */
  #waitMs(): number {
    const now = performance.now()
    const waits = [...this.#connections.values()].map(({ retryAtMs }) => retryAtMs - now)
    return Math.min(WAIT_MS_MAX, Math.max(10, ...(waits.length > 0 ? [Math.min(...waits)] : [100])))
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise(resolve => {
    setTimeout(resolve, ms)
  })
}

/** Rejects with the signal's reason as soon as it aborts; the promise itself goes on. */
function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error)
    if (signal.aborted) onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    promise
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', onAbort))
      .catch(() => undefined)
  })
}
