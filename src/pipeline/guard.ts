import type { LogBatch } from '../batch/log-batch.ts'
import type { PluginContext } from '../plugin/component.ts'
import type { Consumer } from '../plugin/consumer.ts'
import { PipelineError } from '../plugin/pipeline-error.ts'

/**
 * Stands before every component. Whatever it throws beside a PipelineError is a fault in it: the
 * batch is refused retryably, so that its sender keeps it, the fault is logged once, where it
 * happened, with its stack, and the process goes on.
 */
export class Guard implements Consumer {
  readonly #next: Consumer
  readonly #context: PluginContext

  constructor(next: Consumer, context: PluginContext) {
    this.#next = next
    this.#context = context
  }

  async consume(batch: LogBatch, signal: AbortSignal): Promise<void> {
    try {
      await this.#next.consume(batch, signal)
    } catch (thrown) {
      throw this.#verdict(thrown, batch, signal)
    }
  }

  #verdict(thrown: unknown, batch: LogBatch, signal: AbortSignal): PipelineError {
    const error = PipelineError.from(thrown)
    // Refusals and cancellations are part of the contract; stages further out see the former only.
    const expected = error === thrown || error.code === 'cancelled' || thrown === signal.reason
    if (expected) return error
    const { id, logger, metrics } = this.#context
    metrics.exceptions.labels(id).inc()
    logger.error(
      { err: thrown, request_id: batch.context.requestId, records: batch.count },
      'unexpected exception; the batch was refused',
    )
    return error
  }
}
