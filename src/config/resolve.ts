import type { ComponentKind } from '../plugin/component.ts'
import type { Plugin } from '../plugin/define-plugin.ts'
import { checkMapping } from './check-mapping.ts'
import { parseComponentId } from './component-id.ts'
import type { Problems } from './problem.ts'
import type { Place } from './source-text.ts'
import { nearest } from './suggest.ts'
import { describeNode, entryOf, isNull, type MapEntry, type MapNode } from './tree.ts'

export const KINDS: readonly ComponentKind[] = [
  'receiver',
  'processor',
  'exporter',
  'connector',
  'extension',
]

/** A component of the config; `plugin` and `config` are undefined when there were errors. */
interface ResolvedComponent {
  readonly id: string
  readonly kind: ComponentKind
  readonly key: Place
  readonly plugin: Plugin | undefined
  readonly config: unknown
}

export type ResolvedComponents = Readonly<
  Record<ComponentKind, ReadonlyMap<string, ResolvedComponent>>
>

/** The section of a kind: `receiver` -> `receivers`. */
export function sectionOf(kind: ComponentKind): string {
  return `${kind}s`
}

/** Finds the plugin of every component in the five sections and has it check the component's keys. */
export function resolveComponents(
  tree: MapNode,
  plugins: readonly Plugin[],
  problems: Problems,
): ResolvedComponents {
  const resolver = new Resolver(plugins, problems)
  return {
    receiver: resolver.section(tree, 'receiver'),
    processor: resolver.section(tree, 'processor'),
    exporter: resolver.section(tree, 'exporter'),
    connector: resolver.section(tree, 'connector'),
    extension: resolver.section(tree, 'extension'),
  }
}

class Resolver {
  readonly #plugins: readonly Plugin[]
  readonly #problems: Problems

  constructor(plugins: readonly Plugin[], problems: Problems) {
    this.#plugins = plugins
    this.#problems = problems
  }

  section(tree: MapNode, kind: ComponentKind): ReadonlyMap<string, ResolvedComponent> {
    const name = sectionOf(kind)
    const section = entryOf(tree, name)
    const components = new Map<string, ResolvedComponent>()
    if (!section || isNull(section.node)) return components
    if (section.node.kind !== 'map') {
      const got = describeNode(section.node, false)
      this.#problems.error(section.node.place, [name], `expected a map of ${name}, got ${got}`)
      return components
    }
    for (const [id, entry] of section.node.entries) {
      components.set(id, this.#component(kind, id, entry))
    }
    return components
  }

  #component(kind: ComponentKind, id: string, { key, node }: MapEntry): ResolvedComponent {
    const path = [sectionOf(kind), id]
    const parsed = parseComponentId(id)
    if ('error' in parsed) {
      this.#problems.error(key, path, `"${id}" is no component id: ${parsed.error}`)
      return { id, kind, key, plugin: undefined, config: undefined }
    }
    const plugin = this.#find(kind, parsed.type, { key, path })
    if (!plugin) return { id, kind, key, plugin, config: undefined }
    if (plugin.stability === 'alpha' || plugin.stability === 'development') {
      this.#problems.warn(key, path, `its stability is ${plugin.stability}: its keys may change`)
    }
    const config = checkMapping({ node, key, path }, plugin.config, this.#problems)?.value
    return { id, kind, key, plugin, config }
  }

  #find(
    kind: ComponentKind,
    type: string,
    { key, path }: { key: Place; path: readonly string[] },
  ): Plugin | undefined {
    const ofKind = this.#plugins.filter(plugin => plugin.kind === kind)
    const exact = ofKind.find(
      plugin => plugin.type === type || (plugin.synonyms?.includes(type) ?? false),
    )
    if (exact) return exact
    const alias = ofKind.find(plugin => plugin.aliases?.includes(type))
    if (alias) {
      this.#problems.warn(key, path, `"${type}" is an old name; write "${alias.type}"`)
      return alias
    }
    const types = ofKind.map(plugin => plugin.type).sort()
    const other = this.#plugins.find(plugin => plugin.type === type)
    const suggestion = other ? undefined : nearest(type, types)
    const why = other ? `; ${type} is ${withArticle(other.kind)}` : ''
    const list = suggestion === undefined && !other ? knownTypes(kind, types) : ''
    this.#problems.error(key, path, `unknown ${kind} type "${type}"${why}${list}`, suggestion)
    return undefined
  }
}

/** `a receiver`, `an exporter`. */
export function withArticle(kind: ComponentKind): string {
  return /^[aeiou]/.test(kind) ? `an ${kind}` : `a ${kind}`
}

function knownTypes(kind: ComponentKind, types: readonly string[]): string {
  return types.length === 0 ? `; there are no ${kind}s` : `; known are ${types.join(', ')}`
}
