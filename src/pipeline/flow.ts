import { setMaxListeners } from 'node:events'
import type { LogBatch } from '../batch/log-batch.ts'
import type { Consumer } from '../plugin/consumer.ts'
import { PipelineError } from '../plugin/pipeline-error.ts'
import type { Metrics } from '../telemetry/metrics.ts'

/** What has passed through a pipeline since the start, in log records. */
export interface PipelineStats {
  readonly id: string
  /** Accepted from receivers. */
  readonly in: number
  /** Accepted by the exporters' side. */
  readonly out: number
  /** Accepted and not passed on by a processor: filtered, or held back for later. */
  readonly filtered: number
  /** Refused retryably: the sender keeps them. */
  readonly refused: number
  /** Refused for good: the sender was told. */
  readonly dropped: number
}

/** Counts at both ends of a pipeline, once a batch has its verdict. */
export class Flow {
  readonly #id: string
  readonly #counts = { in: 0, out: 0, refused: 0, dropped: 0 }

  constructor(id: string) {
    this.#id = id
  }

  entry(next: Consumer): Consumer {
    const counts = this.#counts
    return {
      consume: async (batch, signal) => {
        const { count } = batch
        // A receiver may have many batches under way with one signal; that is no leak.
        setMaxListeners(0, signal)
        try {
          await next.consume(batch, signal)
        } catch (thrown) {
          const error = PipelineError.from(thrown)
          const rejected = error.rejected?.count ?? count
          counts[error.retryable ? 'refused' : 'dropped'] += rejected
          counts.in += count - rejected
          throw error
        }
        counts.in += count
      },
    }
  }

  exit(next: Consumer): Consumer {
    const counts = this.#counts
    return {
      consume: async (batch, signal) => {
        const { count } = batch
        try {
          await next.consume(batch, signal)
        } catch (thrown) {
          const { rejected } = PipelineError.from(thrown)
          if (rejected !== undefined) counts.out += count - rejected.count
          throw thrown
        }
        counts.out += count
      },
    }
  }

  stats(): PipelineStats {
    const filtered = Math.max(0, this.#counts.in - this.#counts.out)
    return { id: this.#id, ...this.#counts, filtered }
  }
}

/** Counts what is given to a processor. */
export function countIncoming(
  next: Consumer,
  metrics: Metrics,
  processor: string,
  pipeline: string,
): Consumer {
  return counted(next, metrics.processorIncoming.labels(processor, pipeline))
}

/** Counts what a processor passes on. */
export function countOutgoing(
  next: Consumer,
  metrics: Metrics,
  processor: string,
  pipeline: string,
): Consumer {
  return counted(next, metrics.processorOutgoing.labels(processor, pipeline))
}

function counted(next: Consumer, counter: { inc(count: number): void }): Consumer {
  return {
    consume: (batch: LogBatch, signal: AbortSignal): Promise<void> => {
      counter.inc(batch.count)
      return next.consume(batch, signal)
    },
  }
}
