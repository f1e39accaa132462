import type { ExporterBooks, ServiceStats } from './service-stats.ts'

/**
 * Checks Parsec's own books, as the process that did the last work shows them on `/stats` once its
 * queues have run empty: for every exporter, in + recovered = sent + dead-lettered + dropped +
 * returned + queued, and nothing is queued. A sentence for whatever does not add up.
 */
export function checkLedger({ exporters }: ServiceStats): string[] {
  return exporters.flatMap(exporter => [...checkQueue(exporter), ...checkBooks(exporter)])
}

function checkQueue({ id, queue }: ExporterBooks): string[] {
  if (queue === undefined) return []
  const { items, requests, bytes } = queue
  if (items === 0 && requests === 0 && bytes === 0) return []
  const held = `${items} records, ${requests} requests, ${bytes} bytes`
  return [`the queue of ${id} is empty and claims to hold ${held}`]
}

function checkBooks({ id, ledger }: ExporterBooks): string[] {
  const { in: taken, recovered, sent, dead_lettered, dropped, returned, queued } = ledger
  const difference = taken + recovered - sent - dead_lettered - dropped - returned - queued
  if (difference === 0 && ledger.difference === 0) return []
  return [`the books of ${id} do not balance: ${JSON.stringify(ledger)}`]
}
