import { setImmediate } from 'node:timers/promises'
import type { Clock } from '../plugin/clock.ts'

interface Timer {
  readonly atMs: number
  readonly run: () => void
}

/** A clock that only moves when told to. */
export class ManualClock implements Clock {
  #nowMs = 0
  readonly #timers = new Set<Timer>()

  now(): number {
    return this.#nowMs
  }

  after(ms: number, run: () => void): () => void {
    const timer: Timer = { atMs: this.#nowMs + ms, run }
    this.#timers.add(timer)
    return (): void => void this.#timers.delete(timer)
  }

  /** Timers that have not fired. */
  get pending(): number {
    return this.#timers.size
  }

  /** When the next timer fires, from now; undefined when none is set. */
  get nextInMs(): number | undefined {
    const next = this.#next()
    return next && next.atMs - this.#nowMs
  }

  /** Moves on, firing what is due in order; everything a timer sets off runs before the next. */
  async advance(ms: number): Promise<void> {
    const target = this.#nowMs + ms
    await settle()
    for (let next = this.#next(); next !== undefined && next.atMs <= target; next = this.#next()) {
      this.#nowMs = Math.max(this.#nowMs, next.atMs)
      this.#timers.delete(next)
      next.run()
      await settle()
    }
    this.#nowMs = target
  }

  #next(): Timer | undefined {
    let next: Timer | undefined
    for (const timer of this.#timers) if (next === undefined || timer.atMs < next.atMs) next = timer
    return next
  }
}

/** Lets every promise that can settle without time or I/O do so. */
export async function settle(): Promise<void> {
  await setImmediate()
}
