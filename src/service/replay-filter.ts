import { identityOf } from '../batch/identity.ts'
import type { LogBatch } from '../batch/log-batch.ts'
import type { Condition } from '../ottl/condition.ts'
import type { Consumer } from '../plugin/consumer.ts'
import { PipelineError } from '../plugin/pipeline-error.ts'

/**
 * Lets only the records through for which a condition holds. What goes on is a selection of its
 * batch, so that its identity names exactly these records: a store that deduplicates drops them when
 * it has had these very ones, and never because it has had other ones of that batch.
 */
export class ReplayFilter implements Consumer {
  readonly #condition: Condition
  readonly #next: Consumer
  #unmatched = 0

  constructor(condition: Condition, next: Consumer) {
    this.#condition = condition
    this.#next = next
  }

  /** Records that were left out so far; those of a batch that is tried again count once. */
  get unmatched(): number {
    return this.#unmatched
  }

  async consume(batch: LogBatch, signal: AbortSignal): Promise<void> {
    const kept = batch.filter(row => this.#condition.matches(row))
    const unmatched = batch.count - kept.count
    try {
      if (kept.count > 0) await this.#next.consume(kept, signal)
    } catch (thrown) {
      const error = PipelineError.from(thrown)
      if (!error.retryable) this.#unmatched += unmatched
      throw unmatched === 0 ? error : aboutThese(kept, error)
    }
    this.#unmatched += unmatched
  }
}

/** A refusal of all that was sent is one of some of what came: the others must not be set aside. */
function aboutThese(records: LogBatch, error: PipelineError): PipelineError {
  if (error.retryable || error.rejected !== undefined) return error
  const { code, reason, message } = error
  const parts = [{ records, origin: identityOf(records), error }]
  const rejected = { count: records.count, parts }
  return PipelineError.permanent(message, { code, reason, rejected, cause: error })
}
