export interface UsualRoundTripOptions {
  /** The weight of the newest round trip in the averages, above 0 and below 1. */
  readonly ewmaAlpha: number
  /** How many standard deviations above what is usual a round trip is too long. */
  readonly rttDeviationScale: number
}

/** A rise below these is noise: of this process, and of batches that differ in size. */
const RISE_SHARE_MIN = 0.25
const RISE_MS_MIN = 10
/** A longer round trip moves what is usual so much less than a shorter one: it may be our doing. */
const RISE_WEIGHT = 0.03
/** Round trips that are equal but for this are equal. */
const EQUAL_SHARE = 0.05

/**
 * What a round trip to a destination takes when it is not crowded, and how much round trips differ
 * by themselves. The first falls fast and rises slowly; the second is the variance around a moving
 * average, which follows a lasting change and then no longer counts it as noise.
 */
export class UsualRoundTrip {
  readonly #options: UsualRoundTripOptions
  #usualMs: number | undefined
  #lateMs = 0
  #variance = 0

  constructor(options: UsualRoundTripOptions) {
    this.#options = options
  }

  /** Milliseconds; undefined before the first. */
  get ms(): number | undefined {
    return this.#usualMs
  }

  /** `mayBeOurDoing`: so many were on their way that this alone may have made it long. */
  add(rttMs: number, mayBeOurDoing: boolean): void {
    const { ewmaAlpha: alpha } = this.#options
    if (this.#usualMs === undefined) {
      this.#usualMs = this.#lateMs = rttMs
      return
    }
    const difference = rttMs - this.#lateMs
    this.#variance = (1 - alpha) * (this.#variance + alpha * difference ** 2)
    this.#lateMs += alpha * difference
    const rise = rttMs - this.#usualMs
    if (rise <= 0) this.#usualMs += alpha * rise
    else if (!mayBeOurDoing || !this.isLong(rttMs)) {
      this.#usualMs += alpha * RISE_WEIGHT * Math.min(rise, this.#usualMs)
    }
  }

  /** The round trips of late are the usual ones from now on. */
  accept(): void {
    if (this.#usualMs !== undefined) this.#usualMs = Math.max(this.#usualMs, this.#lateMs)
  }

  /** Longer than usual by more than noise? */
  isLong(rttMs: number): boolean {
    if (this.#usualMs === undefined) return false
    const noise = Math.sqrt(this.#variance) * this.#options.rttDeviationScale
    return rttMs > this.#usualMs + Math.max(noise, this.#usualMs * RISE_SHARE_MIN, RISE_MS_MIN)
  }

  /** Longer than usual at all? */
  isLonger(rttMs: number): boolean {
    return this.#usualMs !== undefined && rttMs > this.#usualMs * (1 + EQUAL_SHARE)
  }
}
