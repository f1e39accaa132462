import { stringify } from 'yaml'
import type { ComponentKind } from '../plugin/component.ts'
import type { Plugin } from '../plugin/define-plugin.ts'
import { valueFor } from './check-mapping.ts'
import { deadLetterSchema } from './dead-letter-section.ts'
import { isSecretName, maskUrls, REDACTED } from './mask.ts'
import { KINDS, sectionOf } from './resolve.ts'
import { type JsonSchema, SchemaView } from './schema-view.ts'
import { telemetrySchema } from './telemetry-section.ts'
import { type ConfigNode, entryOf, isNull, type MapNode, plainOf } from './tree.ts'

export interface PrintOptions {
  readonly mode: 'redacted' | 'unredacted'
  readonly format: 'yaml' | 'json'
  /** Adds the keys that are not given. */
  readonly withDefaults: boolean
}

/** The effective config as text. Values are as the components get them: a `$` is a plain `$`. */
export function printConfig(
  effective: MapNode,
  plugins: readonly Plugin[],
  options: PrintOptions,
): string {
  const sections = [...effective.entries].map(([name, { node }]) => {
    const kind = KINDS.find(kind => sectionOf(kind) === name)
    if (kind && node.kind === 'map') return [name, printSection(node, kind, plugins, options)]
    return [name, name === 'service' ? printService(node, options) : plainOf(node)]
  })
  const config: unknown = Object.fromEntries(sections)
  if (options.format === 'json') return `${JSON.stringify(config, null, 2)}\n`
  return stringify(config, { lineWidth: 0, aliasDuplicateObjects: false })
}

function printSection(
  section: MapNode,
  kind: ComponentKind,
  plugins: readonly Plugin[],
  options: PrintOptions,
): unknown {
  const components = [...section.entries].map(([id, { node }]) => {
    const type = id.split('/')[0]!
    const plugin = plugins.find(
      plugin =>
        plugin.kind === kind &&
        [plugin.type, ...(plugin.aliases ?? []), ...(plugin.synonyms ?? [])].includes(type),
    )
    const view = plugin ? SchemaView.of(plugin.config) : new SchemaView({}, [], true)
    return [id, printValue(node, view, options)]
  })
  return Object.fromEntries(components)
}

function printService(node: ConfigNode, options: PrintOptions): unknown {
  const telemetry = entryOf(node, 'telemetry')?.node
  const deadLetter = entryOf(node, 'dead_letter')?.node
  const plain = plainOf(node)
  if (typeof plain !== 'object' || plain === null) return plain
  const checked: Record<string, unknown> = {}
  if (telemetry || options.withDefaults) {
    checked['telemetry'] = printValue(telemetry, SchemaView.of(telemetrySchema), options)
  }
  if (deadLetter && !isNull(deadLetter)) {
    checked['dead_letter'] = printValue(deadLetter, SchemaView.of(deadLetterSchema), options)
  }
  return { ...plain, ...checked }
}

function printValue(
  node: ConfigNode | undefined,
  view: SchemaView,
  options: PrintOptions,
): unknown {
  const value = node ? valueFor(node, view) : null
  const full = options.withDefaults ? withDefaults(value ?? {}, view) : value
  return options.mode === 'redacted' ? redacted(full, view, '') : full
}

/** Hides what the schema calls a secret; where there is no schema, what has a secret's name. */
function redacted(value: unknown, view: SchemaView, key: string): unknown {
  if (Array.isArray(value)) {
    return value.map((item, i) => redacted(item, view.child(i), key))
  }
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, redacted(item, view.child(key), key)]),
    )
  }
  if (value === null || value === '') return value
  if (view.secret || (!view.known && isSecretName(key))) return REDACTED
  return typeof value === 'string' ? maskUrls(value) : value
}

function withDefaults(value: unknown, view: SchemaView): unknown {
  if (Array.isArray(value)) {
    return value.map((item: unknown, i) => withDefaults(item, view.child(i)))
  }
  if (typeof value !== 'object' || value === null) return value
  const given: Record<string, unknown> = { ...value }
  const result: Record<string, unknown> = {}
  for (const key of view.keys) {
    const child = view.child(key)
    const item = key in given ? given[key] : defaultOf(child)
    if (item !== undefined) result[key] = withDefaults(item, child)
  }
  for (const [key, item] of Object.entries(given)) {
    if (!(key in result)) result[key] = withDefaults(item, view.child(key))
  }
  return result
}

function defaultOf(view: SchemaView): JsonSchema['default'] {
  return view.mark('default')
}
