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
  const rows = new Uint32Array(batch.count)
  const ends = new Uint32Array(batch.count)
  let count = 0
  const cursor = batch.cursor()
  const earlier = batch.overlay
  for (let i = 0; i < batch.count; i++) {
    const row = batch.row(i)
    const before = out.pos
    if (before > out.bytes.length / 2) reserveRest(out, i, batch)
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
    rows[count] = row
    ends[count++] = out.pos
  }
  if (count === 0) return batch
  const changedRows = rows.subarray(0, count)
  return batch.with({ overlay: overlayOf(batch, out, changedRows, ends) })
}

/**
 * Makes room for all rows, going by the first `done` of them: one large allocation instead of a row
 * of ever larger ones, each of which the system has to clear. One huge record must not make us
 * expect more of them, so never more than twice what the batch itself has.
 */
function reserveRest(out: Writer, done: number, { count, bytes, overlay }: LogBatch): void {
  const expected = Math.ceil((out.pos / done) * (count - done) * 1.1)
  out.reserve(Math.min(expected, 2 * (bytes.length + (overlay?.bytes.length ?? 0))))
}

function overlayOf(
  batch: LogBatch,
  out: Writer,
  rows: Uint32Array,
  ends: Uint32Array,
): NonNullable<LogBatch['overlay']> {
  const bytes = out.finish()
  const columns = createLogColumns(rows.length)
  const target = scanTarget(bytes, columns)
  const rowOf = new Int32Array(batch.columns.count).fill(-1)
  let start = 1
  for (let index = 0; index < rows.length; index++) {
    const row = rows[index]!
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
