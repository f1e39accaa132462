import cluster from 'node:cluster'

/*
 * Loaded by `--import` into the Parsec under test, before anything of its own. It gives the oracle
 * a hand on the process's clock, and ends the process when the oracle dies. Parsec knows nothing
 * of it.
 *
 * Only the wall clock moves: a clock that is set does not move `performance.now()` or timers.
 */

interface Order {
  readonly clockOffsetMs?: number
}

const RealDate = Date
let offsetMs = Number(process.env['ORACLE_CLOCK_OFFSET_MS'] ?? 0)

/** A Date whose "now" has been moved; dates with a value are as always. */
class MovedDate extends RealDate {
  constructor(...values: readonly unknown[]) {
    if (values.length === 0) super(MovedDate.now())
    else super(...(values as [number]))
  }

  static override now(): number {
    return RealDate.now() + offsetMs
  }
}

globalThis.Date = MovedDate as DateConstructor

// The channel of a worker process leads to its primary, which tells it when to end.
if (!cluster.isWorker) {
  process.on('message', (order: Order) => {
    offsetMs = order.clockOffsetMs ?? offsetMs
  })
  process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'))
  // The channel alone is no reason to live on.
  process.channel?.unref()
}
