import type { LogBatch } from '../batch/log-batch.ts'
import type { Consumer } from '../plugin/consumer.ts'
import { bodiesOf } from './sample-logs.ts'

/** The end of a chain in tests: keeps every batch, or fails as told. */
export class LogSink implements Consumer {
  readonly batches: LogBatch[] = []
  /** When set, `consume` awaits it first and rejects if it throws. */
  before: ((batch: LogBatch, signal: AbortSignal) => void | Promise<void>) | undefined

  async consume(batch: LogBatch, signal: AbortSignal): Promise<void> {
    await this.before?.(batch, signal)
    this.batches.push(batch)
  }

  /** Bodies of all records, in order of arrival. */
  get bodies(): string[] {
    return this.batches.flatMap(bodiesOf)
  }

  get count(): number {
    return this.batches.reduce((sum, batch) => sum + batch.count, 0)
  }
}
