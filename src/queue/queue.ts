import type { LogBatch } from '../batch/log-batch.ts'
import type { Origin } from '../batch/origin.ts'

/** What a queue's capacity counts. */
export type Sizer = 'requests' | 'items' | 'bytes'

/** What a full queue does with one more batch. */
export type Overflow = 'refuse' | 'block' | 'drop_oldest'

/** One batch in a queue. It counts towards the size until all its records are done. */
export interface QueueItem {
  readonly batch: LogBatch
  /** In the unit of the queue's sizer. */
  readonly size: number
  /** When it was offered, by the queue's clock. */
  readonly offeredAtMs: number
  /** Records at its begin that an earlier process has put into a lot: they are not to be taken. */
  readonly begunRecords?: number
  /** What was before it has been dropped: it MUST NOT be in a lot with an earlier item. */
  readonly afterGap?: boolean
}

/** Records `from` up to, not including, `to` of an item. */
export interface LotPart {
  readonly item: QueueItem
  readonly from: number
  readonly to: number
}

/** What is sent as one batch: records of one or more items, next to each other in the queue. */
export interface Lot {
  readonly parts: readonly LotPart[]
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
 * Where batches wait for a slower destination, in order and within a bound. One side offers; the
 * other takes items, says which of their records it will send as one (`begin`), and when that lot
 * has its final outcome says `done`.
 *
 * A durable queue writes lots down before they are sent. After a crash it gives those that were
 * begun and not done once more, exactly as they were (`resume`), so that a destination which
 * remembers what it has stored recognises them; then `take` goes on behind them.
 */
export interface Queue {
  /** True when what was accepted survives the process. */
  readonly durable: boolean
  /** Opens files and recovers what is in them. Rejects with what a person has to mend. */
  start(): Promise<void>
  /**
   * Resolves when the batch is as safe as this queue makes it. Rejects retryably (`queue_full`,
   * `shutting_down`, `disk_full`, `cancelled`) or, for a batch that can never fit, permanently.
   */
  offer(batch: LogBatch, signal: AbortSignal): Promise<void>
  /**
   * A lot that an earlier process had begun and not finished; undefined when there are no more.
   * Ask until then before the first `take`.
   */
  resume(): Promise<Lot | undefined>
  /** The oldest item not yet taken; undefined when `signal` aborts or a closed queue is empty. */
  take(signal: AbortSignal): Promise<QueueItem | undefined>
  /**
   * MUST be called before any of the lot is sent, in the order of the queue. Resolves when a crash
   * would give the same lot again. Rejects when that cannot be written down now.
   */
  begin(lot: Lot): Promise<void>
  /**
   * The identity of a lot of several batches that was begun, or given by `resume`: the same after a
   * crash, also when some of the batches cannot be read any more. Undefined: it is that of its parts.
   */
  nameOf(lot: Lot): Origin | undefined
  /** Forgets a lot that was begun, or given by `resume`. */
  done(lot: Lot): void
  /** Accepts no more; what is inside can still be taken, unless it will survive anyway. */
  close(): void
  /** Gives back what `start` took, after `close`. */
  stop(): Promise<void>
  stats(): QueueStats
}

/** All that is left of one item. */
export function wholeLot(item: QueueItem): Lot {
  return { parts: [{ item, from: item.begunRecords ?? 0, to: item.batch.count }] }
}

export function lotRecords({ parts }: Lot): number {
  return parts.reduce((records, { from, to }) => records + to - from, 0)
}

/** How much of a queue's capacity a batch takes that lies in memory. */
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
