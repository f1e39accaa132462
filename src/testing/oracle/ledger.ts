import type { ServiceStats } from './service-stats.ts'

/**
 * Checks Parsec's own books, as the process that did the last work shows them on `/stats` once its
 * queues have run empty; a sentence for whatever does not add up.
 */
export function checkLedger(stats: ServiceStats): string[] {
  return stats.exporters.flatMap(({ id, queue }) => {
    if (queue === undefined) return []
    const { items, requests, bytes } = queue
    if (items === 0 && requests === 0 && bytes === 0) return []
    const held = `${items} records, ${requests} requests, ${bytes} bytes`
    return [`the queue of ${id} is empty and claims to hold ${held}`]
  })
}
