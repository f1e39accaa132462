import { createHash } from 'node:crypto'
import type { LogBatch } from '#core'

/**
 * The deduplication token of a batch: the same for every repetition, another for anything else. The
 * component's id keeps two exporters apart that write parts of one origin into one table, and the
 * selected rows keep apart what filters of two pipelines have left of it.
 */
export function insertToken(id: string, origin: string, batch: LogBatch): string {
  const { selection } = batch
  if (selection === undefined) return `${id}/${origin}`
  const bytes = new Uint8Array(selection.buffer, selection.byteOffset, selection.byteLength)
  const rows = createHash('sha1').update(bytes).digest('hex').slice(0, 16)
  return `${id}/${origin}/${rows}`
}
