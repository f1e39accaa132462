import type { LogBatch } from '../../batch/log-batch.ts'
import type { Mark } from '../log/journal-entry.ts'
import { LogReader } from '../log/log-reader.ts'
import { batchOf } from '../read-batch.ts'
import { type QueueFiles, undelivered } from './read-queue.ts'

/** Gives what a queue holds, batch by batch: only the records that are not confirmed yet. */
export async function* exportQueue(queue: QueueFiles): AsyncGenerator<LogBatch> {
  for (const { from, to } of undelivered(queue)) yield* readBetween(queue, from, to)
}

/** Gives all batches that are still in the files, sent or not. */
export async function* exportAll(queue: QueueFiles): AsyncGenerator<LogBatch> {
  const [first] = queue.segments
  if (first === undefined) return
  const from = { place: first.begin, record: 0 }
  yield* readBetween(queue, from, { place: queue.tail, record: 0 })
}

async function* readBetween(queue: QueueFiles, from: Mark, to: Mark): AsyncGenerator<LogBatch> {
  const { folder, segments, salt, tail, journal } = queue
  const onLost = (): void => {}
  const reader = new LogReader({
    folder,
    segments,
    salt,
    from: from.place,
    tail: () => tail,
    onLost,
  })
  const last = to.place.totals.sequence
  try {
    for (;;) {
      const { sequence } = reader.place.totals
      if (sequence > last || (sequence === last && to.record === 0)) return
      const read = await reader.next()
      if (read === undefined || read.header.sequence > last) return
      const batch = batchOf(read, journal.queueId)
      const begin = read.header.sequence === from.place.totals.sequence ? from.record : 0
      const end = read.header.sequence === last ? to.record : batch.count
      if (end > begin) yield batch.slice(begin, end)
    }
  } finally {
    await reader.close()
  }
}
