import { LogReader } from '../log/log-reader.ts'
import type { QueueFiles } from './read-queue.ts'

/** One segment, for `parsec queue ls`. */
export interface SegmentReport {
  readonly file: string
  readonly bytes: number
  readonly createdAt: string
  readonly firstSequence: number
  readonly batches: number
  readonly logRecords: number
  /** done: all sent; partly: some are; waiting: none is. */
  readonly state: 'done' | 'partly' | 'waiting'
}

export interface QueueReport {
  readonly queueId: string
  readonly segments: readonly SegmentReport[]
  /** Begun and not confirmed: sent again, as they were, after a restart. */
  readonly inFlight: {
    readonly lots: number
    readonly batches: number
    readonly logRecords: number
  }
  readonly waiting: {
    readonly batches: number
    readonly logRecords: number
    readonly bytes: number
  }
  /** When the oldest batch that waits was accepted; absent when none does. */
  readonly oldestAt?: string
  readonly troubles: readonly string[]
}

/** Counts what a queue holds; reads headers and one record. */
export async function listQueue(queue: QueueFiles): Promise<QueueReport> {
  const { journal, tail, troubles } = queue
  const { cursor, open } = journal.state
  const waiting = {
    batches: tail.totals.sequence - cursor.place.totals.sequence,
    logRecords: tail.totals.records - cursor.place.totals.records - cursor.record,
    bytes: tail.totals.bytes - cursor.place.totals.bytes,
  }
  const sums = open.map(lot => lot.sums)
  const inFlight = {
    lots: open.length,
    batches: sums.reduce((sum, { requests }) => sum + requests, 0),
    logRecords: sums.reduce((sum, { records }) => sum + records, 0),
  }
  const oldestAt = await oldest(queue)
  return {
    queueId: journal.queueId,
    segments: await listSegments(queue),
    inFlight,
    waiting,
    ...(oldestAt === undefined ? {} : { oldestAt }),
    troubles,
  }
}

async function listSegments(queue: QueueFiles): Promise<SegmentReport[]> {
  const { segments, folder, tail } = queue
  const reports: SegmentReport[] = []
  for (const { number, begin, createdAtUnixMs } of segments) {
    const end = segments.after(number)?.begin ?? tail
    const file = await folder.openSegment(number, 'read')
    try {
      reports.push({
        file: folder.segmentPath(number),
        bytes: await file.size(),
        createdAt: new Date(createdAtUnixMs).toISOString(),
        firstSequence: begin.totals.sequence,
        batches: end.totals.sequence - begin.totals.sequence,
        logRecords: end.totals.records - begin.totals.records,
        state: stateOf(number, queue),
      })
    } finally {
      await file.close()
    }
  }
  return reports
}

function stateOf(number: number, { journal, segments, tail }: QueueFiles): SegmentReport['state'] {
  const { cursor, open } = journal.state
  const isOpen = open.some(
    ({ from, to }) => from.place.segment <= number && number <= to.place.segment,
  )
  const { place } = cursor
  if (number > place.segment) return isOpen ? 'partly' : 'waiting'
  if (isOpen) return 'partly'
  const end = (segments.after(number)?.begin ?? tail).totals.sequence
  const atEnd = place.totals.sequence >= end
  return number < place.segment || atEnd ? 'done' : 'partly'
}

async function oldest(queue: QueueFiles): Promise<string | undefined> {
  const { folder, segments, salt, journal, tail } = queue
  const from = journal.state.open[0]?.from.place ?? journal.state.cursor.place
  const reader = new LogReader({ folder, segments, salt, from, tail: () => tail, onLost: () => {} })
  try {
    const first = await reader.next()
    return first && new Date(first.header.acceptedAtUnixMs).toISOString()
  } finally {
    await reader.close()
  }
}
