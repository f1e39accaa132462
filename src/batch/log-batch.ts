import { Batch } from './batch.ts'
import type { LogColumns } from './columns.ts'
import { LogCursor } from './log-cursor.ts'

/** A batch of log records. */
export class LogBatch extends Batch<LogColumns> {
  /** A reader that is moved from row to row; make one per loop, not per row. */
  cursor(): LogCursor {
    return new LogCursor(this)
  }

  /** Keeps the records for which `keep` is true; it sees one cursor, moved to each in turn. */
  filter(keep: (row: LogCursor) => boolean): LogBatch {
    const cursor = this.cursor()
    const kept = new Uint32Array(this.count)
    let count = 0
    for (let i = 0; i < this.count; i++) {
      const row = this.row(i)
      cursor.seek(row)
      if (keep(cursor)) kept[count++] = row
    }
    return count === this.count ? this : this.with({ selection: kept.slice(0, count) })
  }
}
