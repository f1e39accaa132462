import { type Clock, systemClock } from '../plugin/clock.ts'

/** Wrong credentials a client may send at once, and how long until it may send one more. */
const ATTEMPTS_MAX = 20
const ATTEMPT_MS = 3000
/** Clients remembered; beyond it the one that failed longest ago is forgotten. */
const CLIENTS_MAX = 10_000

/**
 * How often one client may be wrong: guessing at network speed is what this stops. A client that
 * has used up its attempts is not even asked for its credentials until one has come back.
 */
export class AttemptLimit {
  readonly #clock: Clock
  /** When the client's attempts will all be there again; in the order of the last failure. */
  readonly #fullAtMs = new Map<string, number>()

  constructor(clock: Clock = systemClock) {
    this.#clock = clock
  }

  /** Milliseconds until the client may try again; 0 = now. */
  waitMs(client: string): number {
    const fullAtMs = this.#fullAtMs.get(client)
    if (fullAtMs === undefined) return 0
    return Math.max(0, fullAtMs - this.#clock.now() - (ATTEMPTS_MAX - 1) * ATTEMPT_MS)
  }

  /** The client was wrong. */
  failed(client: string): void {
    const nowMs = this.#clock.now()
    const fullAtMs = Math.max(nowMs, this.#fullAtMs.get(client) ?? 0) + ATTEMPT_MS
    this.#fullAtMs.delete(client)
    this.#fullAtMs.set(client, fullAtMs)
    if (this.#fullAtMs.size <= CLIENTS_MAX) return
    this.#fullAtMs.delete(this.#fullAtMs.keys().next().value!)
  }
}
