import type { ExporterStats } from '../export/chain.ts'

/** What an exporter has done, in log records; adds up over the chains it had. */
export type ExporterCounts = Pick<
  ExporterStats,
  'sent' | 'failed' | 'dropped' | 'dead_lettered' | 'ledger'
>

/** Account by account. */
export function addCounts(a: ExporterCounts, b: ExporterCounts): ExporterCounts {
  return {
    sent: a.sent + b.sent,
    failed: a.failed + b.failed,
    dropped: a.dropped + b.dropped,
    dead_lettered: a.dead_lettered + b.dead_lettered,
    ledger: addLedgers(a.ledger, b.ledger),
  }
}

/** The counts of a chain whose successor has found in its directory what it had not sent. */
export function handedOver({ ledger, ...counts }: ExporterCounts): ExporterCounts {
  const { recovered, queued } = ledger
  return { ...counts, ledger: { ...ledger, recovered: recovered - queued, queued: 0 } }
}

function addLedgers(
  a: ExporterStats['ledger'],
  b: ExporterStats['ledger'],
): ExporterStats['ledger'] {
  return {
    in: a.in + b.in,
    recovered: a.recovered + b.recovered,
    sent: a.sent + b.sent,
    dead_lettered: a.dead_lettered + b.dead_lettered,
    dropped: a.dropped + b.dropped,
    returned: a.returned + b.returned,
    queued: a.queued + b.queued,
    difference: a.difference + b.difference,
  }
}
