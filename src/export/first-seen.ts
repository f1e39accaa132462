import type { LogBatch } from '../batch/log-batch.ts'

/**
 * The time that a destination gives to records without one: the same for every try of a batch, since
 * a repetition must have the same rows.
 */
export class FirstSeen {
  readonly #now: () => number
  /** By the columns: they stay the same object through selections and overlays of one batch. */
  readonly #nanos = new WeakMap<object, bigint>()

  /** `now` gives milliseconds since the epoch. */
  constructor(now: () => number = Date.now) {
    this.#now = now
  }

  /** Nanoseconds since the epoch: when the batch was received, else when it was first asked about. */
  nanosOf({ columns, context: { receivedAtUnixMs } }: LogBatch): bigint {
    // From a queue on disk it is the same even after a restart.
    if (receivedAtUnixMs !== undefined) return nanosOfMs(receivedAtUnixMs)
    const nanos = this.#nanos.get(columns) ?? nanosOfMs(this.#now())
    this.#nanos.set(columns, nanos)
    return nanos
  }
}

function nanosOfMs(ms: number): bigint {
  return BigInt(Math.floor(ms)) * 1_000_000n
}
