import { createHash, randomFillSync } from 'node:crypto'

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

/**
 * The identity of the records `from` up to, not including, `to` of a batch: unlike a part number it
 * names the same records however the batch is cut the next time.
 */
export function rangeOrigin(origin: Origin, from: number, to: number): Origin {
  return `${origin}[${from}-${to}]`
}

/** The identity of a batch on one of several ways, which may each select or change its records. */
export function branchOrigin(origin: Origin, branch: string): Origin {
  return `${origin}@${branch}`
}

/** The identity of several batches in one: the same ones in the same order give the same. */
export function mergedOrigin(origins: readonly Origin[]): Origin {
  return createHash('sha256').update(origins.join('\n')).digest('hex').slice(0, 32)
}
