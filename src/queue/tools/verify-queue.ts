import { SegmentScan } from '../log/segment-scan.ts'
import type { QueueFiles } from './read-queue.ts'

/** Something in a queue that is not as it was written. */
export interface Damage {
  readonly segment: number
  readonly file: string
  /** In the file. */
  readonly offset: number
  readonly bytes: number
  /** Batches that are missing; 0 when only the header of the segment is damaged. */
  readonly batches: number
  /** Of the batch that comes after the damage. */
  readonly nextSequence: number
}

export interface Verification {
  readonly batches: number
  readonly logRecords: number
  readonly bytes: number
  readonly damages: readonly Damage[]
}

/** Reads every record of every segment, sent or not, and checks it. */
export async function verifyQueue(queue: QueueFiles): Promise<Verification> {
  const { segments, folder, salt, tail, damagedHeaders } = queue
  const sums = { batches: 0, logRecords: 0, bytes: 0 }
  const damages: Damage[] = []
  for (const { number, begin } of segments) {
    const file = await folder.openSegment(number, 'read')
    const path = folder.segmentPath(number)
    if (damagedHeaders.includes(number)) {
      const { sequence } = begin.totals
      const bytes = begin.offset
      damages.push({
        segment: number,
        file: path,
        offset: 0,
        bytes,
        batches: 0,
        nextSequence: sequence,
      })
    }
    try {
      const scan = new SegmentScan({
        file,
        salt,
        offset: begin.offset,
        sequence: begin.totals.sequence,
        end: tail.segment === number ? tail.offset : await file.size(),
        sequenceEnd: segments.after(number)?.begin.totals.sequence ?? tail.totals.sequence,
      })
      for (let found = await scan.next(); found !== undefined; found = await scan.next()) {
        if (found.kind === 'record') {
          sums.batches += found.header.records > 0 ? 1 : 0
          sums.logRecords += found.header.records
          sums.bytes += found.header.bytes
        } else {
          const { offset, bytes, missing: batches } = found
          const nextSequence = scan.sequence
          damages.push({ segment: number, file: path, offset, bytes, batches, nextSequence })
        }
      }
    } finally {
      await file.close()
    }
  }
  return { ...sums, damages }
}
