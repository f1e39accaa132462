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
    const waitMs = this.waitMs(count)
    if (waitMs === 0) this.#tokens -= count
    return waitMs
  }

  /** What `take` would give, without taking. */
  waitMs(count: number): number {
    this.#fill()
    const missing = Math.min(count, this.#burst) - this.#tokens
    return missing > 0 ? Math.ceil(missing / this.#perMs) : 0
  }

  get isFull(): boolean {
    this.#fill()
    return this.#tokens >= this.#burst
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
