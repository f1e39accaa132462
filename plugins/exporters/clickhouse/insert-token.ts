import type { Origin } from '#core'

/**
 * The deduplication token of what is sent under an identity: the same for every repetition, another
 * for anything else. The component's id keeps two exporters apart that write parts of one origin
 * into one table.
 */
export function insertToken(id: string, identity: Origin): string {
  return `${id}/${identity}`
}
