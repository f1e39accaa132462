import type { LogBatch } from '../batch/log-batch.ts'

/** What a queue's capacity counts. */
export type Sizer = 'requests' | 'items' | 'bytes'

/** One batch in a queue. It counts towards the size until `done`. */
export interface QueueItem {
  readonly batch: LogBatch
  /** In the unit of the queue's sizer. */
  readonly size: number
  /** When it was offered, by the queue's clock. */
  readonly offeredAtMs: number
}

export interface QueueStats {
  readonly sizer: Sizer
  /** What is held, in the unit of `sizer`: waiting, or taken and not yet done. */
  readonly size: number
  readonly capacity: number
  readonly bytes: number
  readonly items: number
  readonly requests: number
}

/**
 * Where batches wait for a slower destination, in order and within a bound. One side offers, the
 * other takes and, when a batch has its final outcome, says `done`; what was taken but never done
 * is offered again after a restart by a queue that outlives the process.
 */
export interface Queue {
  /** True when what was accepted survives the process. */
  readonly durable: boolean
  /** Opens files and recovers what is in them. */
  start(): Promise<void>
  /**
   * Resolves when the batch is as safe as this queue makes it. Rejects retryably (`queue_full`,
   * `shutting_down`, `cancelled`) or, for a batch that can never fit, permanently.
   */
  offer(batch: LogBatch, signal: AbortSignal): Promise<void>
  /** The oldest item not yet taken; undefined when `signal` aborts or a closed queue is empty. */
  take(signal: AbortSignal): Promise<QueueItem | undefined>
  /** Forgets an item that was taken. */
  done(item: QueueItem): void
  /** Accepts no more; what is inside can still be taken. */
  close(): void
  /** Gives back what `start` took, after `close`. */
  stop(): Promise<void>
  stats(): QueueStats
}

/** How much of a queue's capacity a batch takes. */
export function queueSize(batch: LogBatch, sizer: Sizer): number {
  switch (sizer) {
    case 'requests':
      return 1
    case 'items':
      return batch.count
    case 'bytes':
      return batch.memoryBytes
  }
}
