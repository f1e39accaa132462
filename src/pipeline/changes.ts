import type { ConfiguredComponent } from '../config/service-config.ts'
import type { Graph } from './build.ts'
import type { Part } from './part.ts'
import { changedKeys, sameConfig } from './same-config.ts'

/** What a new config means for each component and pipeline; by labels: `exporter clickhouse`. */
export interface ComponentChanges {
  /** Go on as they are; sockets, queues and files stay open. */
  readonly kept: readonly string[]
  readonly added: readonly string[]
  /** Have another config; with the keys that differ: `exporter clickhouse (endpoint, timeout)`. */
  readonly changed: readonly string[]
  /** Have the same config, but are made anew because what comes behind them is another. */
  readonly rewired: readonly string[]
  readonly removed: readonly string[]
}

/** Compares two graphs, of which the second was built beside the first. Shows no values. */
export function compareGraphs(from: Graph, to: Graph): ComponentChanges {
  const changes = { kept: [], added: [], changed: [], rewired: [], removed: [] } as {
    [kind in keyof ComponentChanges]: string[]
  }
  const exporters = new Map<Part, ConfiguredComponent>(
    to.changes.map(change => [change.part, change.to]),
  )
  for (const [label, part] of to.parts) {
    const before = from.parts.get(label)
    const target = exporters.get(part)
    if (before === undefined) changes.added.push(label)
    else if (target !== undefined) changes.changed.push(withKeys(label, part.configured, target))
    else if (before === part) changes.kept.push(label)
    else if (sameConfig(before.configured, part.configured)) changes.rewired.push(label)
    else changes.changed.push(withKeys(label, before.configured, part.configured))
  }
  for (const [id, { head }] of to.pipelines) {
    const before = from.pipelines.get(id)
    const kind = before === undefined ? 'added' : before.head === head ? 'kept' : 'changed'
    changes[kind].push(`pipeline ${id}`)
  }
  for (const label of from.parts.keys()) if (!to.parts.has(label)) changes.removed.push(label)
  for (const id of from.pipelines.keys()) {
    if (!to.pipelines.has(id)) changes.removed.push(`pipeline ${id}`)
  }
  return changes
}

function withKeys(label: string, before: ConfiguredComponent, now: ConfiguredComponent): string {
  const keys = changedKeys(before.config, now.config)
  return keys.length === 0 ? label : `${label} (${keys.join(', ')})`
}
