import { abortError, Backoff, sleep, systemClock } from '#core'

/** Waits that grow: the keys of `error_backoff`, in milliseconds. */
export interface PauseOptions {
  readonly initial_interval: number
  readonly max_interval: number
  readonly multiplier: number
  readonly randomization_factor: number
}

/** The waits between the tries of one thing, from its first failure to its success. */
export class Pauses {
  readonly #backoff: Backoff
  #count = 0

  constructor(options: PauseOptions) {
    this.#backoff = new Backoff({
      initialMs: options.initial_interval,
      multiplier: options.multiplier,
      maxMs: options.max_interval,
      jitter: options.randomization_factor,
      random: Math.random,
    })
  }

  /** How many there were. */
  get count(): number {
    return this.#count
  }

  /** Waits, at least `atLeastMs`. @throws PipelineError as soon as the signal aborts. */
  async pause(signal: AbortSignal, atLeastMs?: number): Promise<void> {
    this.#count++
    const slept = await sleep(systemClock, this.#backoff.next(atLeastMs), signal)
    if (!slept) throw abortError(signal)
  }
}
