import type { LogBatch } from '../batch/log-batch.ts'

/** What `batch::min_size` and `max_size` count. */
export type BatchSizer = 'items' | 'bytes'

/** Size of a batch; bytes are those of the encoded records, without the resources around them. */
export function batchSize(batch: LogBatch, sizer: BatchSizer): number {
  if (sizer === 'items') return batch.count
  if (batch.isUntouched) return batch.bytes.length
  let bytes = 0
  for (let i = 0; i < batch.count; i++) bytes += recordBytes(batch, batch.row(i))
  return bytes
}

/** How many records from `from` on fit into `room`; all of them end at `batch.count`. */
export function recordsThatFit(
  batch: LogBatch,
  from: number,
  room: number,
  sizer: BatchSizer,
): number {
  if (sizer === 'items') return Math.min(batch.count - from, Math.max(0, room))
  let left = room
  let index = from
  for (; index < batch.count; index++) {
    left -= recordBytes(batch, batch.row(index))
    if (left < 0) break
  }
  return index - from
}

function recordBytes({ columns, overlay }: LogBatch, row: number): number {
  const changed = overlay?.rowOf[row] ?? -1
  const { start, end } = changed >= 0 && overlay !== undefined ? overlay.columns : columns
  const index = changed >= 0 ? changed : row
  return end[index]! - start[index]!
}
