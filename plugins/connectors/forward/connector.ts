import type { Connector, Consumer, LogBatch } from '#core'

/** Hands each batch to the pipelines behind it; their verdict is the sender's. */
export class ForwardConnector implements Connector {
  readonly #next: Consumer

  constructor(next: Consumer) {
    this.#next = next
  }

  consume(batch: LogBatch, signal: AbortSignal): Promise<void> {
    return this.#next.consume(batch, signal)
  }
}
