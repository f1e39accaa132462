import { PipelineError } from '../plugin/pipeline-error.ts'

/**
 * How many bytes of requests a server holds at once, over all its connections: without such a
 * bound, many slow requests that each stay under their own limit could still fill the memory.
 */
export class ByteBudget {
  readonly bytesMax: number
  #held = 0

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax
  }

  get held(): number {
    return this.#held
  }

  /** A share for one request; release it exactly once when the request has been answered. */
  lease(): ByteLease {
    return new ByteLease(this)
  }

  /** @throws PipelineError, retryable, when there is no room; then nothing has been taken. */
  take(bytes: number): void {
    if (this.#held + bytes > this.bytesMax) {
      throw PipelineError.retryable(
        `requests in progress hold ${this.#held} bytes, ${bytes} more would pass the limit of ${this.bytesMax}`,
        { code: 'resource_exhausted', retryAfterMs: 1000, reason: 'requests_in_flight' },
      )
    }
    this.#held += bytes
  }

  giveBack(bytes: number): void {
    this.#held -= bytes
  }
}

/** What one request holds of a budget. */
export class ByteLease {
  readonly #budget: ByteBudget
  #held = 0

  constructor(budget: ByteBudget) {
    this.#budget = budget
  }

  /** @throws PipelineError, retryable, when the budget is used up. */
  take(bytes: number): void {
    this.#budget.take(bytes)
    this.#held += bytes
  }

  release(): void {
    this.#budget.giveBack(this.#held)
    this.#held = 0
  }
}
