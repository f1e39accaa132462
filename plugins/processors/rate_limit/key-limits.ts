import { type Clock, systemClock, TokenBucket } from '#core'
import type { LimitConfig } from './config.ts'

export interface KeyLimitsOptions {
  readonly limit: LimitConfig
  readonly limits: Readonly<Record<string, LimitConfig>>
  readonly burstMs: number
  readonly keysMax: number
  readonly clock?: Clock
}

/** What one value of the key brings in one batch. */
export interface Load {
  records: number
  bytes: number
}

/** The rates of one value of the key. */
class KeyLimit {
  readonly #buckets: readonly (readonly [TokenBucket, keyof Load])[]

  constructor(
    { records_per_second: records, bytes_per_second: bytes }: LimitConfig,
    burstMs: number,
    clock: Clock,
  ) {
    const bucket = (rate: number): TokenBucket =>
      new TokenBucket(rate, Math.max(1, (rate * burstMs) / 1000), clock)
    this.#buckets = [
      ...(records === undefined ? [] : [[bucket(records), 'records'] as const]),
      ...(bytes === 0 ? [] : [[bucket(bytes), 'bytes'] as const]),
    ]
  }

  /** Milliseconds until the load may come; nothing is taken. */
  waitMs(load: Load): number {
    return Math.max(0, ...this.#buckets.map(([bucket, unit]) => bucket.waitMs(load[unit])))
  }

  take(load: Load): void {
    for (const [bucket, unit] of this.#buckets) bucket.take(load[unit])
  }

  /** Has it been left alone for so long that it may as well be new? */
  get isIdle(): boolean {
    return this.#buckets.every(([bucket]) => bucket.isFull)
  }
}

/** How many are looked at for one that may be forgotten. */
const LOOKS_MAX = 8

/**
 * The rates of every value of the key. Bounded: values that are idle are forgotten; when there are
 * too many that are not, further ones share one limit, so that inventing values gains nothing.
 */
export class KeyLimits {
  readonly #options: KeyLimitsOptions
  readonly #clock: Clock
  /** In the order of their last use. */
  readonly #known = new Map<string, KeyLimit>()
  readonly #others: KeyLimit

  constructor(options: KeyLimitsOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#others = new KeyLimit(options.limit, options.burstMs, this.#clock)
  }

  get size(): number {
    return this.#known.size
  }

  /** All of it or nothing: gives 0 and takes, or gives the longest wait of any key. */
  take(loads: ReadonlyMap<string, Load>): { readonly waitMs: number; readonly key: string } {
    let waitMs = 0
    let slowest = ''
    for (const [key, load] of loads) {
      const wait = this.#limitOf(key).waitMs(load)
      if (wait > waitMs) {
        waitMs = wait
        slowest = key
      }
    }
    if (waitMs === 0) for (const [key, load] of loads) this.#limitOf(key).take(load)
    return { waitMs, key: slowest }
  }

  #limitOf(key: string): KeyLimit {
    const { limit, limits, burstMs, keysMax } = this.#options
    const known = this.#known.get(key)
    if (known !== undefined) {
      this.#known.delete(key)
      this.#known.set(key, known)
      return known
    }
    const own = Object.hasOwn(limits, key) ? limits[key] : undefined
    // A value that is named in the config always has its own limit.
    if (own === undefined && this.#known.size >= keysMax && !this.#forgetOne()) return this.#others
    const fresh = new KeyLimit(own ?? limit, burstMs, this.#clock)
    this.#known.set(key, fresh)
    return fresh
  }

  #forgetOne(): boolean {
    let looks = 0
    for (const [key, limit] of this.#known) {
      if (limit.isIdle) return this.#known.delete(key)
      if (++looks === LOOKS_MAX) return false
    }
    return false
  }
}
