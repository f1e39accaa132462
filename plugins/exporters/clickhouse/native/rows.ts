import { type LogBatch, type LogColumns } from '#core'
import { type Source, sourceOf } from './block-writer.ts'

/** Where records lie: the batch itself, or the overlay of rewritten ones. */
interface RowSource extends Source {
  readonly columns: LogColumns
}

/**
 * The selected records of a batch, resolved once for all columns. The record at position `i` is
 * entry `entry[i]` of `base`, or of `overlay` where `isRewritten[i]` is 1.
 */
export interface Rows {
  readonly count: number
  readonly entry: Uint32Array
  readonly base: RowSource
  readonly overlay: RowSource
  readonly isRewritten: Uint8Array
  /** Runs of neighbours with the same scope: its index, and how many records. */
  readonly runScope: Uint32Array
  readonly runLength: Uint32Array
  readonly runCount: number
}

export function resolveRows(batch: LogBatch): Rows {
  const { count, columns, overlay, selection } = batch
  const base: RowSource = { ...sourceOf(batch.bytes), columns }
  const entry = new Uint32Array(count)
  const isRewritten = new Uint8Array(count)
  const runScope = new Uint32Array(count)
  const runLength = new Uint32Array(count)
  let runs = 0
  for (let i = 0; i < count; i++) {
    const row = selection === undefined ? i : selection[i]!
    const rewritten = overlay === undefined ? -1 : overlay.rowOf[row]!
    entry[i] = rewritten < 0 ? row : rewritten
    if (rewritten >= 0) isRewritten[i] = 1
    const scope = columns.scope[row]!
    if (runs === 0 || runScope[runs - 1] !== scope) runScope[runs++] = scope
    runLength[runs - 1]!++
  }
  return {
    count,
    entry,
    base,
    overlay: overlay ? { ...sourceOf(overlay.bytes), columns: overlay.columns } : base,
    isRewritten,
    runScope,
    runLength,
    runCount: runs,
  }
}
