import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  type Pair,
  parseDocument,
  type Scalar,
  type YAMLMap,
} from 'yaml'
import { isSecretName } from './mask.ts'
import { NESTING_MAX, tooDeeplyNested } from './nesting.ts'
import type { Problems } from './problem.ts'
import type { Place, SourceText } from './source-text.ts'
import { explainSyntax } from './syntax-error.ts'
import type { ConfigNode, MapEntry, ScalarNode, ScalarValue } from './tree.ts'

const NODES_MAX = 100_000
/** More than this many are the consequence of one. */
const SYNTAX_ERRORS_MAX = 20

/**
 * Parses one YAML document into a tree with places. Undefined when it is empty or has a syntax
 * error; errors go to `problems`. Never throws.
 */
export function parseYaml(source: SourceText, problems: Problems): ConfigNode | undefined {
  const deep = tooDeeplyNested(source.text)
  if (deep) {
    const place = source.place(deep.start, deep.end)
    problems.error(place, [], `YAML: nested deeper than ${NESTING_MAX}`)
    return undefined
  }
  try {
    const document = parseDocument(source.text, {
      uniqueKeys: false,
      merge: true,
      prettyErrors: false,
      logLevel: 'error',
    })
    for (const error of document.errors.slice(0, SYNTAX_ERRORS_MAX)) {
      const { start, end, message } = explainSyntax(error, document, source.text)
      problems.error(source.place(start, end), [], message)
    }
    for (const { pos, message } of document.warnings) {
      problems.warn(source.place(...pos), [], `YAML: ${message}`)
    }
    const builder = new TreeBuilder(source, document, problems)
    const tree = document.contents === null ? undefined : builder.node(document.contents, 0)
    return document.errors.length > 0 ? undefined : tree
  } catch (error) {
    const reason = error instanceof RangeError ? 'it is nested too deeply' : String(error)
    problems.error(source.top, [], `cannot be read as YAML: ${reason}`)
    return undefined
  }
}

/** Turns the library's nodes into ours, bounded in depth and number against alias bombs. */
class TreeBuilder {
  readonly #source: SourceText
  readonly #document: Document
  readonly #problems: Problems
  /** Entries that came by `<<`, which the map's own keys may replace. */
  readonly #merged = new WeakSet<MapEntry>()
  #count = 0

  constructor(source: SourceText, document: Document, problems: Problems) {
    this.#source = source
    this.#document = document
    this.#problems = problems
  }

  node(node: unknown, depth: number): ConfigNode {
    const place = this.#placeOf(node)
    if (depth > NESTING_MAX || ++this.#count > NODES_MAX) return this.#tooLarge(place, depth)
    if (isAlias(node)) return this.#alias(node, place, depth)
    if (isMap(node)) return this.#map(node, place, depth)
    if (isSeq(node)) {
      return { kind: 'list', items: node.items.map(item => this.node(item, depth + 1)), place }
    }
    if (isPair(node)) {
      const entries = new Map<string, MapEntry>()
      this.#pair(node, entries, depth)
      return { kind: 'map', entries, place }
    }
    return { kind: 'scalar', value: scalarValue(node), place }
  }

  #tooLarge(place: Place, depth: number): ScalarNode {
    const limit =
      depth > NESTING_MAX ? `nested deeper than ${NESTING_MAX}` : `more than ${NODES_MAX} values`
    if (this.#count <= NODES_MAX + 1) this.#problems.error(place, [], `YAML: ${limit}`)
    this.#count = Math.max(this.#count, NODES_MAX + 1)
    return { kind: 'scalar', value: null, place }
  }

  #alias(alias: Alias, place: Place, depth: number): ConfigNode {
    const target = alias.resolve(this.#document)
    if (target) return this.node(target, depth + 1)
    this.#problems.error(place, [], `YAML: there is no anchor "&${alias.source}" before here`)
    return { kind: 'scalar', value: null, place }
  }

  #map(map: YAMLMap, place: Place, depth: number): ConfigNode {
    const entries = new Map<string, MapEntry>()
    for (const pair of map.items) this.#pair(pair, entries, depth)
    return { kind: 'map', entries, place }
  }

  #pair(pair: Pair, entries: Map<string, MapEntry>, depth: number): void {
    const keyPlace = this.#placeOf(pair.key)
    const node =
      pair.value === null
        ? ({ kind: 'scalar', value: null, place: keyPlace } as const)
        : this.node(pair.value, depth + 1)
    if (isMergeKey(pair.key)) return this.#mergeInto(entries, node)
    const key = keyText(pair.key)
    if (key === undefined) {
      this.#problems.error(keyPlace, [], 'YAML: a key must be a plain text, not a map or a list')
      return
    }
    const before = entries.get(key)
    if (before && !this.#merged.has(before)) {
      const { line } = this.#source.position(before.key.start)
      this.#problems.error(keyPlace, [], `duplicate key "${key}": it is already on line ${line}`)
    }
    if (isSecretName(key)) this.#source.secrets.push(node.place)
    entries.set(key, { key: keyPlace, node })
  }

  /** `<<: *defaults`: the map's own keys win, wherever they stand. */
  #mergeInto(entries: Map<string, MapEntry>, node: ConfigNode): void {
    const maps = node.kind === 'list' ? node.items : [node]
    for (const map of maps) {
      if (map.kind !== 'map') {
        this.#problems.error(map.place, [], 'YAML: "<<" takes a map or a list of maps')
        continue
      }
      for (const [key, entry] of map.entries) {
        if (entries.has(key)) continue
        const copy = { ...entry }
        this.#merged.add(copy)
        entries.set(key, copy)
      }
    }
  }

  #placeOf(node: unknown): Place {
    const range = (node as { range?: readonly number[] | null } | null)?.range
    return range ? this.#source.place(range[0]!, range[1]!) : this.#source.top
  }
}

function isMergeKey(key: unknown): boolean {
  return isScalar(key) && typeof key.value === 'symbol' && key.value.description === '<<'
}

function keyText(key: unknown): string | undefined {
  if (!isScalar(key)) return undefined
  if (typeof key.value === 'string') return key.value
  return key.source ?? String(key.value)
}

function scalarValue(node: unknown): ScalarValue {
  const value: unknown = isScalar(node) ? (node as Scalar).value : node
  if (value === null || value === undefined) return null
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
    return value
  }
  return JSON.stringify(value) ?? null
}
