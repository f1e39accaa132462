import { randomFillSync } from 'node:crypto'

/**
 * A batch's stable identity: `queue/segment/sequence`, `cluster/topic/partition/from-to`, or random.
 * Exporters derive deduplication tokens from it, so it MUST be the same whenever the same records
 * are sent again, and MUST NOT be reused for other records.
 */
export type Origin = string

const pool = Buffer.alloc(16 * 256)
let used = pool.length

/** 128 random bits in hex, for batches that no queue or topic has named. */
export function randomOrigin(): Origin {
  if (used === pool.length) {
    randomFillSync(pool)
    used = 0
  }
  const origin = pool.toString('hex', used, used + 16)
  used += 16
  return origin
}

/** The identity of one part of a batch that was cut in pieces, deterministically. */
export function partOrigin(origin: Origin, part: number): Origin {
  return `${origin}#${part}`
}
