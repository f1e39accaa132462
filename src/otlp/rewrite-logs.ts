import { createLogColumns } from '../batch/columns.ts'
import type { LogBatch } from '../batch/log-batch.ts'
import type { LogCursor } from '../batch/log-cursor.ts'
import { WireError } from '../wire/wire-error.ts'
import { Writer } from '../wire/writer.ts'
import { scanLogRecord, scanTarget } from './scan-log-record.ts'

/**
 * Rewrites records: `rewrite` sees each selected row in turn and either writes the whole new
 * LogRecord message (its payload, without tag and length) and returns true, or writes nothing and
 * returns false to leave the row as it is. The new bytes go to an overlay; untouched rows stay
 * ranges of the original. Throws WireError when what was written is not a LogRecord.
 */
export function rewriteLogs(
  batch: LogBatch,
  rewrite: (row: LogCursor, out: Writer) => boolean,
): LogBatch {
  const out = new Writer(4096)
  // Offset 0 means "absent" in the columns, so nothing may begin there.
  out.varint(0)
  const rows: number[] = []
  const ends: number[] = []
  const cursor = batch.cursor()
  const earlier = batch.overlay
  for (let i = 0; i < batch.count; i++) {
    const row = batch.row(i)
    const before = out.pos
    cursor.seek(row)
    let changed = rewrite(cursor, out)
    if (!changed) {
      out.pos = before
      // A row that an earlier processor rewrote moves over into the new overlay.
      if (earlier !== undefined && earlier.rowOf[row]! >= 0) {
        out.raw(cursor.bytes, cursor.columns.offset[cursor.index], cursor.columns.end[cursor.index])
        changed = true
      }
    }
    if (!changed) continue
    rows.push(row)
    ends.push(out.pos)
  }
  return rows.length === 0 ? batch : batch.with({ overlay: overlayOf(batch, out, rows, ends) })
}

function overlayOf(
  batch: LogBatch,
  out: Writer,
  rows: readonly number[],
  ends: readonly number[],
): NonNullable<LogBatch['overlay']> {
  const bytes = out.finish()
  const columns = createLogColumns(rows.length)
  const target = scanTarget(bytes, columns)
  const rowOf = new Int32Array(batch.columns.count).fill(-1)
  let start = 1
  for (const [index, row] of rows.entries()) {
    columns.scope[index] = batch.columns.scope[row]!
    columns.start[index] = start
    if (scanLogRecord(target, index, start, ends[index]!)) {
      throw new WireError('rewritten record sets one field twice', start)
    }
    rowOf[row] = index
    start = ends[index]!
  }
  return { bytes, columns, rowOf }
}
