import type { BatchContext } from '#core'

/** Request headers by which batches are kept apart. */
export interface Grouping {
  /** The same for batches that may be joined. */
  readonly key: string
  /** What they have in common. */
  readonly metadata: ReadonlyMap<string, readonly string[]>
}

const UNGROUPED: Grouping = { key: '', metadata: new Map() }

/** @param names header names in lower case. */
export function groupingOf(context: BatchContext, names: readonly string[]): Grouping {
  if (names.length === 0) return UNGROUPED
  const values = names.map(name => context.metadata?.get(name) ?? [])
  const present = names.flatMap((name, i) =>
    values[i]!.length > 0 ? [[name, values[i]!] as const] : [],
  )
  return { key: JSON.stringify(values), metadata: new Map(present) }
}
