import type { LogBatch } from '../batch/log-batch.ts'

/** The next stage; all that a stage knows of what comes after it. */
export interface Consumer {
  /**
   * The caller MUST NOT touch the batch afterwards.
   * Resolves when the batch is safe with its next owner (the ack).
   * Rejects with PipelineError (the nack): retryable or permanent, never both. A permanent one may
   * name the records it is about (`rejected`): all others of the batch are then safe.
   * `signal` aborts when the sender is gone or the service must stop; a stage MAY then reject with
   * code `cancelled`, and MUST NOT wait any longer than it has to.
   */
  consume(batch: LogBatch, signal: AbortSignal): Promise<void>
}
