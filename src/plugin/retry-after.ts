import { type Clock, systemClock } from './clock.ts'

const RETRY_AFTER_MS_MIN = 1000
const RETRY_AFTER_MS_MAX = 30_000
/** How fast the past is forgotten: after so long an old pace counts a third. */
const MEMORY_MS = 10_000

/**
 * The one rule for the wait that a refused sender is asked for (`Retry-After`, `RetryInfo`): as
 * long as we are behind, from 1 to 30 seconds. A sender that comes back sooner finds the same full
 * queue; one that is told more than half a minute may give its data up. Whole milliseconds.
 */
export function retryAfterMs(behindMs: number): number {
  return Math.ceil(Math.min(Math.max(behindMs, RETRY_AFTER_MS_MIN), RETRY_AFTER_MS_MAX))
}

/**
 * What waits, and how long it will take to be through: the size that waits by the pace of late. The
 * pace is that of busy time only, so a queue that was empty for an hour is not taken for a slow one.
 */
export class Backlog {
  readonly #clock: Clock
  #size = 0
  /** Size that left, and busy milliseconds it took; both fade, so that they are those of late. */
  #leftSize = 0
  #busyMs = 0
  #countedAtMs = 0

  constructor(clock: Clock = systemClock) {
    this.#clock = clock
  }

  /** Any unit, the same in all calls. */
  get size(): number {
    return this.#size
  }

  add(size: number): void {
    if (this.#size === 0) this.#countedAtMs = this.#clock.now()
    this.#size += size
  }

  remove(size: number): void {
    this.#countBusyTime()
    this.#size -= size
    this.#leftSize += size
  }

  /**
   * Milliseconds until all that waits is through, but never less than `oldestMs`, the time that the
   * oldest has waited already. Without a pace known yet it is that time alone.
   */
  behindMs(oldestMs: number): number {
    if (this.#leftSize === 0) return oldestMs
    const busyMs = this.#busyMs + this.#sinceCountedMs()
    return Math.max(oldestMs, (this.#size / this.#leftSize) * busyMs)
  }

  #countBusyTime(): void {
    const ms = this.#sinceCountedMs()
    const kept = Math.exp(-ms / MEMORY_MS)
    this.#leftSize *= kept
    this.#busyMs = this.#busyMs * kept + ms
    this.#countedAtMs = this.#clock.now()
  }

  #sinceCountedMs(): number {
    return this.#size === 0 ? 0 : this.#clock.now() - this.#countedAtMs
  }
}
