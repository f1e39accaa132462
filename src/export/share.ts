import type { PipelineError } from '../plugin/pipeline-error.ts'
import { worstError } from '../plugin/worst-error.ts'
import { withRejected } from './split-verdict.ts'

/**
 * One contributor's records on their way through merged and split batches: its verdict is known
 * when the last of its parts has one, and is the worst of them.
 */
export class Share {
  readonly #settled: (error: PipelineError | undefined) => void
  #open = 0
  #complete = false
  #error: PipelineError | undefined

  constructor(settled: (error: PipelineError | undefined) => void) {
    this.#settled = settled
  }

  /** Another batch will carry some of the records. */
  addPart(): void {
    this.#open++
  }

  /** No more parts will come. */
  complete(): void {
    this.#complete = true
    this.#settleIfDone()
  }

  partDone(error: PipelineError | undefined): void {
    if (error !== undefined) this.#error = both(this.#error, error)
    this.#open--
    this.#settleIfDone()
  }

  #settleIfDone(): void {
    if (this.#complete && this.#open === 0) this.#settled(this.#error)
  }
}

/** Parts of one item are other records of it: what was refused of them adds up. */
function both(a: PipelineError | undefined, b: PipelineError): PipelineError {
  const refused = a?.rejected?.count
  if (a === undefined || refused === undefined || b.rejected === undefined) return worstError(a, b)
  return withRejected(a, refused + b.rejected.count)
}
