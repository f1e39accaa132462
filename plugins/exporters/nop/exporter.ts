import type { Exporter, LogBatch } from '#core'

/** Accepts every batch at once and keeps nothing: the end of a pipeline under measurement. */
export class NopExporter implements Exporter {
  consume(_batch: LogBatch, _signal: AbortSignal): Promise<void> {
    return Promise.resolve()
  }
}
