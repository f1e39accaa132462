import {
  abortError,
  type LogBatch,
  orAborted,
  type PipelineError,
  randomOrigin,
  Share,
} from '#core'

/** One sender's batch, from its arrival until the sender has its verdict. */
export class Held {
  /** Named, so that what is derived from it has a stable identity too. */
  readonly batch: LogBatch
  readonly bytes: number
  readonly signal: AbortSignal
  readonly share: Share
  readonly #verdict: Promise<void>

  constructor(batch: LogBatch, signal: AbortSignal) {
    this.batch = batch.with({ origin: batch.origin ?? randomOrigin() })
    this.bytes = batch.memoryBytes
    this.signal = signal
    let settle: (error: PipelineError | undefined) => void = () => {}
    this.#verdict = new Promise((resolve, reject) => {
      settle = error => (error === undefined ? resolve() : reject(error))
    })
    this.#verdict.catch(() => {})
    this.share = new Share(error => settle(error))
  }

  /** The verdict on all its records; rejects as soon as the sender leaves. */
  async verdict(): Promise<void> {
    if (this.signal.aborted) throw abortError(this.signal)
    await orAborted(this.#verdict, this.signal)
  }
}
