import type { Place } from './source-text.ts'

/*
 * The config as written: YAML values that know their place. It lives from reading to the checks;
 * the running service only sees ServiceConfig.
 */

export type ScalarValue = string | number | boolean | null

export interface ScalarNode {
  readonly kind: 'scalar'
  readonly value: ScalarValue
  /** The exact text that an expansion yielded, for fields that want a string. */
  readonly raw?: string
  readonly place: Place
}

interface ListNode {
  readonly kind: 'list'
  readonly items: readonly ConfigNode[]
  readonly raw?: string
  readonly place: Place
}

export interface MapEntry {
  readonly key: Place
  readonly node: ConfigNode
}

export interface MapNode {
  readonly kind: 'map'
  readonly entries: ReadonlyMap<string, MapEntry>
  readonly raw?: string
  readonly place: Place
}

export type ConfigNode = ScalarNode | ListNode | MapNode

export type Path = readonly (string | number)[]

/** `exporters::clickhouse::endpoint`. */
export function pathText(path: Path): string {
  return path.join('::')
}

/** A map without entries at `place`. */
export function emptyMap(place: Place): MapNode {
  return { kind: 'map', entries: new Map(), place }
}

/** True for a value that is written but empty, such as `processors:` with nothing behind. */
export function isNull(node: ConfigNode | undefined): boolean {
  return node?.kind === 'scalar' && node.value === null
}

/** What stands under `key`; undefined for a missing key and for what is not a map. */
export function entryOf(node: ConfigNode | undefined, key: string): MapEntry | undefined {
  return node?.kind === 'map' ? node.entries.get(key) : undefined
}

/** Follows `path` as far as it exists: the node there, or undefined. */
export function nodeAt(node: ConfigNode, path: Path): ConfigNode | undefined {
  let at: ConfigNode | undefined = node
  for (const step of path) {
    at = at?.kind === 'list' ? at.items[Number(step)] : entryOf(at, String(step))?.node
  }
  return at
}

/** The place of the nearest thing that exists on `path`: the key's for a map entry. */
export function nearestPlace(node: ConfigNode, own: Place, path: Path): Place {
  let place = own
  let at: ConfigNode | undefined = node
  for (const step of path) {
    if (at?.kind === 'list') {
      at = at.items[Number(step)]
      place = at?.place ?? place
    } else {
      const entry = entryOf(at, String(step))
      place = entry?.key ?? place
      at = entry?.node
    }
  }
  return place
}

/** Plain values, for printing. Own properties only, so `__proto__` is a key like any other. */
export function plainOf(node: ConfigNode): unknown {
  if (node.kind === 'scalar') return node.value
  if (node.kind === 'list') return node.items.map(plainOf)
  return Object.fromEntries([...node.entries].map(([key, { node }]) => [key, plainOf(node)]))
}

/** What a message calls the value: `the string "x"`, `a map`. */
export function describeNode(node: ConfigNode, hidden: boolean): string {
  if (node.kind === 'map') return 'a map'
  if (node.kind === 'list') return 'a list'
  if (node.value === null) return 'nothing'
  const text = typeof node.value === 'string' ? JSON.stringify(node.value) : String(node.value)
  const shown = hidden ? '' : ` ${shorten(text)}`
  return `the ${typeof node.value}${shown}`
}

const SHOWN_CHARS_MAX = 80

/** Cuts a value for a message. */
export function shorten(text: string): string {
  return text.length <= SHOWN_CHARS_MAX ? text : `${text.slice(0, SHOWN_CHARS_MAX)}...`
}
