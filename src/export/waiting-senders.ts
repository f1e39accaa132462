import type { LogBatch } from '../batch/log-batch.ts'
import { orAborted } from '../plugin/abort.ts'
import type { PipelineError } from '../plugin/pipeline-error.ts'

interface Waiting {
  readonly promise: Promise<void>
  settle(error: PipelineError | undefined): void
  /** Told when the sender leaves before its verdict. */
  readonly watchers: Set<() => void>
  hasLeft: boolean
}

/**
 * `wait_for_result`: senders that wait for the destination's verdict on their batch. One that has
 * left was not acknowledged and will bring its records again, so they need not be sent.
 */
export class WaitingSenders {
  readonly #waiting = new Map<LogBatch, Waiting>()

  /**
   * Puts the batch into the queue by `offer` and settles with the verdict, or rejects as soon as
   * `signal` aborts. The batch MUST be an object of its own: it is the key.
   */
  async wait(batch: LogBatch, signal: AbortSignal, offer: () => Promise<void>): Promise<void> {
    const waiting = createWaiting()
    this.#waiting.set(batch, waiting)
    try {
      await offer()
    } catch (thrown) {
      this.#waiting.delete(batch)
      throw thrown
    }
    try {
      await orAborted(waiting.promise, signal)
    } finally {
      waiting.hasLeft = true
      for (const watcher of waiting.watchers) watcher()
    }
  }

  hasLeft(batch: LogBatch): boolean {
    return this.#waiting.get(batch)?.hasLeft ?? false
  }

  settle(batch: LogBatch, error: PipelineError | undefined): void {
    this.#waiting.get(batch)?.settle(error)
    this.#waiting.delete(batch)
  }

  /**
   * Calls `abandoned` when the senders of all these batches have left; the returned function ends
   * the watch.
   */
  watch(batches: readonly LogBatch[], abandoned: () => void): () => void {
    const present = new Set(
      batches.flatMap(batch => {
        const waiting = this.#waiting.get(batch)
        return waiting === undefined || waiting.hasLeft ? [] : [waiting]
      }),
    )
    const watchers = [...present].map(waiting => {
      const watcher = (): void => {
        present.delete(waiting)
        if (present.size === 0) abandoned()
      }
      waiting.watchers.add(watcher)
      return { waiting, watcher }
    })
    if (present.size === 0) abandoned()
    return () => {
      for (const { waiting, watcher } of watchers) waiting.watchers.delete(watcher)
    }
  }
}

function createWaiting(): Waiting {
  let settle: Waiting['settle'] = () => {}
  const promise = new Promise<void>((resolve, reject) => {
    settle = error => (error === undefined ? resolve() : reject(error))
  })
  // A sender that has left does not listen; that is no unhandled rejection.
  promise.catch(() => {})
  return { promise, settle, watchers: new Set(), hasLeft: false }
}
