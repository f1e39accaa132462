import { UsualRoundTrip, type UsualRoundTripOptions } from './usual-round-trip.ts'

export interface ConcurrencyControllerOptions extends UsualRoundTripOptions {
  /** The most at the same time, and where it starts. */
  readonly limitMax: number
  /** What a limit that is too high is multiplied with, above 0 and below 1. */
  readonly decreaseRatio: number
}

/** What came of one attempt. */
export interface AttemptOutcome {
  readonly startMs: number
  /** How many were on their way when it began, itself included. */
  readonly inFlight: number
  readonly endMs: number
  /**
   * `taken`: by the destination, so its time counts; `back_pressure`: the destination has too much
   * to do; `other` says nothing about that.
   */
  readonly verdict: 'taken' | 'back_pressure' | 'other'
}

/** An attempt among fewer than this share of the limit tells nothing about the limit. */
const FULL_SHARE = 0.8
/** Lowered by so much, the limit shows whether it was too high. */
const TRIAL_SHARE = 0.75
/** Less throughput than this share of what it was is a loss. */
const LOSS_SHARE = 0.95
/** How often the limit is looked at while nobody knows how long a round trip is. */
const UNKNOWN_RTT_MS = 1000

/**
 * How many attempts a destination takes at the same time: additive increase, multiplicative
 * decrease, once a round trip. It goes up by one when the limit has been reached and round trips
 * are no longer than usual; it goes down when the destination says that it has too much to do, or
 * when round trips are longer than usual.
 *
 * Longer round trips may have another cause than too many attempts: larger batches, a slower
 * network. Then fewer attempts only mean less throughput. So a decrease for their sake is a trial:
 * when it has cost throughput (attempts by round trip, Little's law) the old limit comes back, and
 * what was long is usual from then on.
 *
 * It starts at the most that is configured, so that a destination that keeps up is never slowed.
 */
export class ConcurrencyController {
  readonly #options: ConcurrencyControllerOptions
  #limit: number
  #limitSinceMs = Number.NEGATIVE_INFINITY
  readonly #usual: UsualRoundTrip
  /** Round trips of this window: of all attempts, and of those that began at the limit. */
  #all = new Mean()
  #atLimit = new Mean()
  #hadBackPressure = false
  #nextUpdateMs = Number.NEGATIVE_INFINITY
  #trial: Trial | undefined

  constructor(options: ConcurrencyControllerOptions) {
    this.#options = options
    this.#usual = new UsualRoundTrip(options)
    this.#limit = options.limitMax
  }

  get limit(): number {
    return this.#limit
  }

  /** Milliseconds; undefined before the first. */
  get usualRttMs(): number | undefined {
    return this.#usual.ms
  }

  finished({ startMs, endMs, inFlight, verdict }: AttemptOutcome): void {
    if (verdict === 'back_pressure') this.#hadBackPressure = true
    if (verdict === 'taken') {
      this.#all.add(endMs - startMs)
      // What began under another limit tells nothing about this one.
      const isFull = inFlight >= this.#limit * FULL_SHARE && startMs >= this.#limitSinceMs
      if (isFull) this.#atLimit.add(endMs - startMs)
    }
    if (endMs >= this.#nextUpdateMs) this.#update(endMs)
  }

  #update(nowMs: number): void {
    const rttMs = this.#all.get()
    if (rttMs === undefined && !this.#hadBackPressure) return
    const before = this.#limit
    const atLimitMs = this.#atLimit.get()
    if (this.#hadBackPressure) this.#backOff()
    // What has not been used cannot have been too much.
    else if (atLimitMs !== undefined) this.#adjust(atLimitMs, nowMs)
    const mayBeOurDoing = atLimitMs !== undefined && this.#limit > 1
    if (rttMs !== undefined) this.#usual.add(rttMs, mayBeOurDoing)
    if (this.#limit !== before) this.#limitSinceMs = nowMs
    this.#nextUpdateMs = nowMs + (rttMs ?? this.#usual.ms ?? UNKNOWN_RTT_MS)
    this.#all = new Mean()
    this.#atLimit = new Mean()
    this.#hadBackPressure = false
  }

  #backOff(): void {
    this.#trial = undefined
    this.#decrease()
  }

  #adjust(rttMs: number, nowMs: number): void {
    const trial = this.#trial
    const throughput = this.#limit / rttMs
    if (trial?.throughput !== undefined && this.#limit <= trial.limit * TRIAL_SHARE) {
      if (throughput < trial.throughput * LOSS_SHARE) return this.#undo(trial)
      trial.limit = this.#limit
    }
    // A trial goes on to the round trip that is usual: it has shown that it costs nothing.
    const isLonger =
      trial?.throughput === undefined ? this.#usual.isLong(rttMs) : this.#usual.isLonger(rttMs)
    if (!isLonger) {
      this.#trial = undefined
      this.#limit = Math.min(this.#limit + 1, this.#options.limitMax)
    } else if (trial === undefined) {
      // First once more at this limit: these may be the round trips of before it was crowded.
      this.#trial = { limit: this.#limit, throughput: undefined }
      this.#limitSinceMs = nowMs
    } else {
      trial.throughput ??= throughput
      this.#decrease()
    }
  }

  /** It cost throughput: not so many attempts made the round trips long, so they are usual. */
  #undo({ limit }: Trial): void {
    this.#trial = undefined
    this.#limit = limit
    this.#usual.accept()
  }

  #decrease(): void {
    this.#limit = Math.max(1, Math.floor(this.#limit * this.#options.decreaseRatio))
  }
}

interface Trial {
  /** The lowest limit that is known to cost no throughput. */
  limit: number
  /** Attempts a millisecond before the first decrease; undefined while that is measured. */
  throughput: number | undefined
}

class Mean {
  #sum = 0
  #count = 0

  add(value: number): void {
    this.#sum += value
    this.#count++
  }

  /** Undefined of nothing. */
  get(): number | undefined {
    return this.#count === 0 ? undefined : this.#sum / this.#count
  }
}
