import type { Consumer } from '../plugin/consumer.ts'
import { PipelineError } from '../plugin/pipeline-error.ts'
import { refusedCount } from './outcome.ts'

/** Where an exporter's log records are, since the start of the process. */
export interface LedgerStats {
  /** Taken from pipelines. */
  readonly in: number
  /** Found in the queue on disk at the start. */
  readonly recovered: number
  /** Confirmed by the destination. */
  readonly sent: number
  readonly dead_lettered: number
  /** Acknowledged and lost; the metric tells the reasons. */
  readonly dropped: number
  /** Refused after all, to a sender that was waiting: it still has them. */
  readonly returned: number
  /** Waiting or on their way. */
  readonly queued: number
  /** in + recovered - all the others: anything but 0 is a fault of the program. */
  readonly difference: number
}

/**
 * The books of one exporter: whatever came in is in exactly one other account. Each account is
 * written where the thing happens, so that the sum can be wrong if the code is.
 */
export class Ledger {
  in = 0
  recovered = 0
  dropped = 0
  returned = 0
  /** Under way without a queue. */
  inFlight = 0
  /** Under way past the queue: dead letters of others. */
  directInFlight = 0

  /** Books what goes into the head of a chain. */
  entry(next: Consumer): Consumer {
    return this.#booked(next, 'inFlight')
  }

  /** Books what goes past the queue. */
  direct(next: Consumer): Consumer {
    return this.#booked(next, 'directInFlight')
  }

  #booked(next: Consumer, account: 'inFlight' | 'directInFlight'): Consumer {
    return {
      consume: async (batch, signal) => {
        const { count } = batch
        if (count === 0) return
        this.in += count
        this[account] += count
        try {
          await next.consume(batch, signal)
        } catch (thrown) {
          this.returned += refusedCount(batch, PipelineError.from(thrown))
          throw thrown
        } finally {
          this[account] -= count
        }
      },
    }
  }

  stats(others: Pick<LedgerStats, 'sent' | 'dead_lettered' | 'queued'>): LedgerStats {
    const { recovered, dropped, returned } = this
    const { sent, dead_lettered, queued } = others
    const out = sent + dead_lettered + dropped + returned + queued
    const difference = this.in + recovered - out
    return { in: this.in, recovered, sent, dead_lettered, dropped, returned, queued, difference }
  }
}
