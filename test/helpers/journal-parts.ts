import type { LotEntry, Mark } from '../../src/queue/log/journal-entry.ts'

/* Marks and lots of a made-up queue in which every batch has one record and takes 100 bytes. */

/** Before the batch with this sequence; segments have ten batches. */
export function mark(sequence: number, record = 0): Mark {
  const totals = { sequence, records: sequence - 1, bytes: (sequence - 1) * 100 }
  const place = { segment: Math.floor(sequence / 10), offset: 64 + (sequence % 10) * 100, totals }
  return { place, record }
}

/** Batches `from` up to, not including, `to`. */
export function lotEntry(id: number, from: number, to: number): LotEntry {
  const count = to - from
  const sums = { requests: count, records: count, bytes: count * 100 }
  return { id, from: mark(from), to: mark(to), sums }
}
