import { createHash } from 'node:crypto'
import type { LogBatch } from './log-batch.ts'
import { type Origin, randomOrigin } from './origin.ts'

/**
 * What names exactly the records of this batch: its origin and, when some rows of it are selected,
 * a hash of which. The same for every repetition, another for anything else that came from the same
 * origin. Records that were encoded by themselves and read again, whole, keep the identity when they
 * are given it as their origin. A batch without an origin gets a random identity.
 */
export function identityOf({ origin = randomOrigin(), selection }: LogBatch): Origin {
  if (selection === undefined) return origin
  const bytes = new Uint8Array(selection.buffer, selection.byteOffset, selection.byteLength)
  return `${origin}/${createHash('sha1').update(bytes).digest('hex').slice(0, 16)}`
}
