import { createHash } from 'node:crypto'
import { type LogBatch, randomOrigin } from '#core'

export function batchIdentity(
  id: string,
  { origin = randomOrigin(), selection }: LogBatch,
): string {
  if (selection === undefined) return `${id}/${origin}`
  const bytes = new Uint8Array(selection.buffer, selection.byteOffset, selection.byteLength)
  return `${id}/${origin}/${createHash('sha1').update(bytes).digest('hex').slice(0, 16)}`
}
