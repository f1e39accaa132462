/** One client of a server: everything that comes from one address. */
export interface Client {
  readonly key: string
  /** Bytes of its requests in progress. */
  heldBytes: number
  /** Its requests in progress. */
  openCount: number
  /** Since when it has been refused without a break. */
  refusedSinceMs: number | undefined
  /** When it was last counted as being there. */
  seenAtMs: number
}

/** Longer than the longest wait a client is asked for: then it is still known when it comes again. */
const ACTIVE_MS = 35_000
/** The order of clients is that of their last request, give or take this. */
const TOUCH_MS = 1000

/**
 * The clients that are there: those with a request in progress or one of late. Bounded: when it is
 * full of clients with requests in progress, all further ones together are one client.
 */
export class ClientTable {
  readonly #countMax: number
  readonly #now: () => number
  /** In the order of `seenAtMs`, the longest absent first. */
  readonly #clients = new Map<string, Client>()

  constructor(countMax: number, now: () => number) {
    this.#countMax = countMax
    this.#now = now
  }

  get count(): number {
    return this.#clients.size
  }

  /** The client of this name, for a request that begins. */
  enter(key: string): Client {
    const nowMs = this.#now()
    this.#forget(nowMs)
    const client = this.#clients.get(key) ?? this.#add(key, nowMs)
    if (nowMs - client.seenAtMs > TOUCH_MS) this.#touch(client, nowMs)
    client.openCount++
    return client
  }

  leave(client: Client): void {
    client.openCount--
  }

  #add(key: string, nowMs: number): Client {
    const isFull = this.#clients.size >= this.#countMax && !this.#makeRoom()
    const others = isFull ? this.#clients.get(OTHERS) : undefined
    if (others !== undefined) return others
    const client: Client = {
      key: isFull ? OTHERS : key,
      heldBytes: 0,
      openCount: 0,
      refusedSinceMs: undefined,
      seenAtMs: nowMs,
    }
    this.#clients.set(client.key, client)
    return client
  }

  /** Looks at two clients a request, which is enough to keep up with one new client a request. */
  #forget(nowMs: number): void {
    for (let i = 0; i < 2; i++) {
      const [client] = this.#clients.values()
      if (client === undefined || nowMs - client.seenAtMs <= ACTIVE_MS) return
      if (client.openCount > 0) this.#touch(client, nowMs)
      else this.#clients.delete(client.key)
    }
  }

  #touch(client: Client, nowMs: number): void {
    client.seenAtMs = nowMs
    this.#clients.delete(client.key)
    this.#clients.set(client.key, client)
  }

  #makeRoom(): boolean {
    for (const client of this.#clients.values()) {
      if (client.openCount === 0) return this.#clients.delete(client.key)
    }
    return false
  }
}

/** No address looks like this. */
const OTHERS = '(others)'
