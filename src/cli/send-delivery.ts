import type { OtlpSender } from '../net/otlp-sender.ts'
import { PipelineError } from '../plugin/pipeline-error.ts'

export interface DeliveryOptions {
  readonly sender: OtlpSender
  /** Requests under way at a time. */
  readonly concurrency: number
  /** For one try. */
  readonly timeoutMs: number
  /** A request is given up when it has not been taken after this. */
  readonly retryForMs: number
  /** Is told each different trouble once. */
  readonly warn: (text: string) => void
}

/** How many records became what; the sum is all that were offered. */
export interface Tally {
  /** The server has taken them. */
  acknowledged: number
  /** The server has said no to them in a partial success. */
  rejected: number
  /** The server has refused the request, or not answered in time. */
  failed: number
}

const WAIT_MS_FIRST = 500
const WAIT_MS_MAX = 5000
const WAIT_FACTOR = 1.5
const WARNINGS_MAX = 20

/** Sends requests, a few at a time, and again when the server says so; counts what became of them. */
export class Delivery {
  readonly tally: Tally = { acknowledged: 0, rejected: 0, failed: 0 }
  readonly #options: DeliveryOptions
  readonly #running = new Set<Promise<void>>()
  readonly #warned = new Set<string>()

  constructor(options: DeliveryOptions) {
    this.#options = options
  }

  /** Resolves when the request is under way: with enough others before it, that takes a while. */
  async offer(request: Buffer, count: number): Promise<void> {
    while (this.#running.size >= this.#options.concurrency) await Promise.race(this.#running)
    const running = this.#deliver(request, count).finally(() => this.#running.delete(running))
    this.#running.add(running)
  }

  /** Resolves when every request has had its answer or was given up. */
  async finish(): Promise<void> {
    await Promise.all(this.#running)
  }

  async #deliver(request: Buffer, count: number): Promise<void> {
    const { sender, timeoutMs, retryForMs } = this.#options
    const endMs = performance.now() + retryForMs
    for (let waitMs = WAIT_MS_FIRST; ; waitMs = Math.min(WAIT_MS_MAX, waitMs * WAIT_FACTOR)) {
      try {
        const partial = await sender.sendLogs(request, { timeoutMs })
        const rejected = Math.min(count, Math.max(0, partial?.rejectedCount ?? 0))
        this.tally.rejected += rejected
        this.tally.acknowledged += count - rejected
        if (partial !== undefined) this.#warn(`the server says: ${partial.message}`)
        return
      } catch (thrown) {
        const error = PipelineError.from(thrown)
        // Jitter keeps many senders from coming back at the same moment.
        const pauseMs = Math.max(error.retryAfterMs ?? 0, waitMs * (0.5 + Math.random()))
        if (!error.retryable || performance.now() + pauseMs > endMs) {
          this.tally.failed += count
          this.#warn(`${error.retryable ? 'given up' : 'refused'}: ${error.message}`)
          return
        }
        this.#warn(`will be tried again: ${error.message}`)
        await sleep(pauseMs)
      }
    }
  }

  #warn(text: string): void {
    if (this.#warned.has(text) || this.#warned.size >= WARNINGS_MAX) return
    this.#warned.add(text)
    this.#options.warn(text)
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise(resolve => {
    setTimeout(resolve, ms)
  })
}
