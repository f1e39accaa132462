import { type ConfigNode, emptyMap, type MapEntry, type MapNode } from './tree.ts'

/**
 * Lays `later` over `earlier` as the Collector does: maps merge key by key, everything else - lists
 * and null as well - replaces what was there.
 */
export function mergeNodes(earlier: ConfigNode | undefined, later: ConfigNode): ConfigNode {
  if (earlier?.kind !== 'map' || later.kind !== 'map') return later
  const entries = new Map<string, MapEntry>(earlier.entries)
  for (const [key, entry] of later.entries) {
    const before = entries.get(key)
    const node = mergeNodes(before?.node, entry.node)
    // A map that is only added to stays where it was first written: complaints that it lacks
    // something point there.
    const at = before && node !== entry.node ? before.key : entry.key
    entries.set(key, { key: at, node })
  }
  return { kind: 'map', entries, place: earlier.place }
}

/** `a::b: 1` at the top level means `a: {b: 1}`, as in the Collector's `yaml:` sources. */
export function nestKeys(map: MapNode): MapNode {
  let result: MapNode = emptyMap(map.place)
  for (const [key, entry] of map.entries) {
    result = mergeNodes(result, nested(key.split('::'), entry)) as MapNode
  }
  return result
}

/** The map that holds `entry` under a path of keys. */
export function nested(path: readonly string[], entry: MapEntry): MapNode {
  const [first, ...rest] = path
  const node = rest.length === 0 ? entry.node : nested(rest, entry)
  const place = entry.node.place
  return { kind: 'map', entries: new Map([[first ?? '', { key: entry.key, node }]]), place }
}
