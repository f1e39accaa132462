import { SourceText } from './source-text.ts'
import type { ConfigNode, MapEntry, MapNode, ScalarNode } from './tree.ts'

/*
 * A config that has been read and expanded, as JSON, for another process: places are left out, since
 * it has been checked, and the exact texts of expansions are kept.
 */

export type PackedTree =
  | { readonly value: ScalarNode['value']; readonly raw?: string }
  | { readonly items: readonly PackedTree[]; readonly raw?: string }
  | PackedMap

export interface PackedMap {
  readonly entries: readonly (readonly [key: string, value: PackedTree])[]
  readonly raw?: string
}

export function packTree(map: MapNode): PackedMap {
  const entries = [...map.entries].map(([key, { node }]) => [key, pack(node)] as const)
  return { entries, ...rawOf(map) }
}

/** `name` stands for the file in messages. */
export function unpackTree(packed: PackedMap, name: string): MapNode {
  const place = new SourceText(name, '', false).top
  const unpack = (node: PackedTree): ConfigNode => {
    if ('entries' in node) return unpackMap(node)
    if ('items' in node) {
      return { kind: 'list', items: node.items.map(unpack), place, ...rawOf(node) }
    }
    return { kind: 'scalar', value: node.value, place, ...rawOf(node) }
  }
  const unpackMap = (map: PackedMap): MapNode => {
    const entries = map.entries.map(([key, node]): [string, MapEntry] => [
      key,
      { key: place, node: unpack(node) },
    ])
    return { kind: 'map', entries: new Map(entries), place, ...rawOf(map) }
  }
  return unpackMap(packed)
}

function pack(node: ConfigNode): PackedTree {
  if (node.kind === 'map') return packTree(node)
  if (node.kind === 'list') return { items: node.items.map(pack), ...rawOf(node) }
  return { value: node.value, ...rawOf(node) }
}

function rawOf({ raw }: { readonly raw?: string }): { readonly raw?: string } {
  return raw === undefined ? {} : { raw }
}
