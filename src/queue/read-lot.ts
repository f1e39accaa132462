import type { LotEntry } from './log/journal-entry.ts'
import type { LogReader, ReadRecord } from './log/log-reader.ts'

/** The records of a lot that can be read, in order; `reader` stands where the lot begins. */
export async function readLot(reader: LogReader, { to }: LotEntry): Promise<ReadRecord[]> {
  const { place, record } = to
  const isBehind = (sequence: number): boolean =>
    sequence > place.totals.sequence || (sequence === place.totals.sequence && record === 0)
  const records: ReadRecord[] = []
  while (!isBehind(reader.place.totals.sequence)) {
    const read = await reader.next()
    // Past damage, the next good record may be behind the lot.
    if (read === undefined || isBehind(read.from.totals.sequence)) break
    records.push(read)
  }
  return records
}
