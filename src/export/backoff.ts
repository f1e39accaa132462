/** How waits between tries grow; times in milliseconds. */
export interface BackoffOptions {
  readonly initialMs: number
  readonly multiplier: number
  readonly maxMs: number
  /** Each wait is multiplied by 1 - this up to 1 + this. */
  readonly jitter: number
  /** 0 up to, not including, 1. */
  readonly random: () => number
}

/** The waits of one batch: exponential, bounded, spread by chance so that clients do not align. */
export class Backoff {
  readonly #options: BackoffOptions
  #baseMs: number

  constructor(options: BackoffOptions) {
    this.#options = options
    this.#baseMs = Math.min(options.initialMs, options.maxMs)
  }

  /** The next wait; at least `atLeastMs`, which the refuser asked for. */
  next(atLeastMs = 0): number {
    const { multiplier, maxMs, jitter, random } = this.#options
    const waitMs = this.#baseMs * (1 - jitter + 2 * jitter * random())
    this.#baseMs = Math.min(this.#baseMs * multiplier, maxMs)
    return Math.max(waitMs, atLeastMs)
  }
}
