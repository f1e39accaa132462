import { createHash } from 'node:crypto'
import { type LogBatch, randomOrigin } from '#core'

/**
 * What the ledger knows a batch by: the same for every repetition, another for anything else. The
 * component's id keeps two exporters apart that write parts of one origin into one table, and the
 * selected rows keep apart what filters of two pipelines have left of it.
 */
export function batchIdentity(
  id: string,
  { origin = randomOrigin(), selection }: LogBatch,
): string {
  if (selection === undefined) return `${id}/${origin}`
  const bytes = new Uint8Array(selection.buffer, selection.byteOffset, selection.byteLength)
  return `${id}/${origin}/${createHash('sha1').update(bytes).digest('hex').slice(0, 16)}`
}
