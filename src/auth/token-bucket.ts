import { type Clock, systemClock } from '../plugin/clock.ts'

/** Lets `perSecond` units through in the long run, and up to `burst` at once. */
export class TokenBucket {
  readonly #perMs: number
  readonly #burst: number
  readonly #clock: Clock
  #tokens: number
  #atMs: number

  constructor(perSecond: number, burst: number, clock: Clock = systemClock) {
    this.#perMs = perSecond / 1000
    this.#burst = burst
    this.#clock = clock
    this.#tokens = burst
    this.#atMs = clock.now()
  }

  /**
   * Takes `count` units and gives 0, or takes nothing and gives the milliseconds until they are
   * there. More than `burst` at once are let through when the bucket is full, and paid for later.
   */
  take(count: number): number {
    this.#fill()
    const needed = Math.min(count, this.#burst)
    if (this.#tokens >= needed) {
      this.#tokens -= count
      return 0
    }
    return Math.ceil((needed - this.#tokens) / this.#perMs)
  }

  /** Units that are there now; negative while they are paid for. */
  get available(): number {
    this.#fill()
    return this.#tokens
  }

  #fill(): void {
    const nowMs = this.#clock.now()
    this.#tokens = Math.min(this.#burst, this.#tokens + (nowMs - this.#atMs) * this.#perMs)
    this.#atMs = nowMs
  }
}
