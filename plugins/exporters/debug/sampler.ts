const TICK_MS = 1000

/** Lets the first `initial` of each second through, then every `thereafter`-th (0 = none). */
export class Sampler {
  readonly #initial: number
  readonly #thereafter: number
  readonly #now: () => number
  #tickEndMs = -Infinity
  #count = 0

  /** `now`: a monotonic clock in milliseconds. */
  constructor(initial: number, thereafter: number, now: () => number = () => performance.now()) {
    this.#initial = initial
    this.#thereafter = thereafter
    this.#now = now
  }

  take(): boolean {
    const nowMs = this.#now()
    if (nowMs >= this.#tickEndMs) {
      this.#tickEndMs = nowMs + TICK_MS
      this.#count = 0
    }
    this.#count++
    if (this.#count <= this.#initial) return true
    return this.#thereafter > 0 && (this.#count - this.#initial) % this.#thereafter === 0
  }
}
