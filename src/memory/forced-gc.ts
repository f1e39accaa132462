import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** A collection that helped may be repeated, but forced ones never take more than 1/20 of time. */
const REST_PER_BUSY = 19

export interface GcInterval {
  /** Least wait after a collection that did not help. */
  readonly minMs: number
  /** What doubling ends at; 0 = no doubling. */
  readonly maxMs: number
}

/**
 * Forced garbage collection with its pace. A full collection stops the process for as long as
 * 100 ms per live 200 MB, so one that did not help is not repeated soon: each doubles the wait.
 */
export class ForcedGc {
  readonly #collect: (() => void) | undefined
  readonly #now: () => number
  #lastEndMs = Number.NEGATIVE_INFINITY
  #lastTookMs = 0
  #uselessInRow = 0

  constructor(collect: (() => void) | undefined, now: () => number = () => performance.now()) {
    this.#collect = collect
    this.#now = now
  }

  /**
   * Collects if its time has come. `helped` measures anew and says whether that was enough.
   * False when nothing was done.
   */
  run(interval: GcInterval, helped: () => boolean): boolean {
    if (this.#collect === undefined) return false
    const startMs = this.#now()
    if (startMs < this.#lastEndMs + this.#waitMs(interval)) return false
    this.#collect()
    this.#lastEndMs = this.#now()
    this.#lastTookMs = this.#lastEndMs - startMs
    this.#uselessInRow = helped() ? 0 : this.#uselessInRow + 1
    return true
  }

  #waitMs({ minMs, maxMs }: GcInterval): number {
    const restMs = this.#lastTookMs * REST_PER_BUSY
    if (this.#uselessInRow === 0) return restMs
    const doubledMs = minMs * 2 ** Math.min(this.#uselessInRow - 1, 20)
    return Math.max(restMs, minMs, Math.min(doubledMs, maxMs))
  }
}

/** The collector of V8, also when Node was started without --expose-gc; undefined when there is none. */
export function findGc(): (() => void) | undefined {
  if (globalThis.gc !== undefined) return () => globalThis.gc?.()
  try {
    setFlagsFromString('--expose-gc')
    const gc: unknown = runInNewContext('gc')
    return typeof gc === 'function' ? (gc as () => void) : undefined
  } catch {
    // Another runtime than V8: it must then do with its own collections.
    return undefined
  }
}

/** One for all limiters of the process: they would collect the same garbage. */
export const sharedGc: ForcedGc = new ForcedGc(findGc())
