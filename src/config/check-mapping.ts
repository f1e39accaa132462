import type { z } from 'zod'
import { explainIssue } from './explain-issue.ts'
import { REDACTED } from './mask.ts'
import type { Problems } from './problem.ts'
import { SchemaView } from './schema-view.ts'
import type { Place } from './source-text.ts'
import {
  type ConfigNode,
  emptyMap,
  entryOf,
  isNull,
  nearestPlace,
  nodeAt,
  type Path,
} from './tree.ts'

/** A mapping that a schema decides on, and how to speak of it. */
export interface Mapping {
  /** Undefined or null stands for an empty map. */
  readonly node: ConfigNode | undefined
  /** Where its key is written. */
  readonly key: Place
  /** Its path in the whole config. */
  readonly path: Path
}

/**
 * Checks a mapping against a schema and gives the schema's output, or undefined when there were
 * errors. All mistakes are told, each at its place. Marks the places of secrets on the way, so that
 * no excerpt shows them.
 */
export function checkMapping<S extends z.ZodType>(
  mapping: Mapping,
  schema: S,
  problems: Problems,
): { value: z.output<S> } | undefined {
  const { key, path } = mapping
  const node = isNull(mapping.node) || !mapping.node ? emptyMap(key) : mapping.node
  const view = SchemaView.of(schema)
  const secrets = markSecrets(node, view)
  warnUnused({ ...mapping, node }, view, problems)
  const result = parse(schema, valueFor(node, view))
  if ('thrown' in result) {
    problems.error(key, path, hide(`cannot be checked: ${String(result.thrown)}`, secrets))
    return undefined
  }
  if (result.success) return { value: result.data }
  const viewAt = (at: Path): SchemaView => at.reduce((v: SchemaView, step) => v.child(step), view)
  const context = {
    root: node,
    keysAt: (at: Path): string[] => viewAt(at).keys,
    isSecret: (at: Path): boolean => viewAt(at).secret,
    formatAt: (at: Path): string | undefined => viewAt(at).mark('format'),
  }
  for (const issue of result.error.issues) {
    for (const { path: at, key: name, message, suggestion } of explainIssue(issue, context)) {
      const place = placeOf(node, key, at, name, message)
      if (name !== undefined && mayBeSecret(viewAt(at), suggestion)) {
        hideValue(nodeAt(node, [...at, name]))
      }
      problems.error(place, [...path, ...at], hide(message, secrets), suggestion)
    }
  }
  return undefined
}

function parse<S extends z.ZodType>(
  schema: S,
  value: unknown,
): z.ZodSafeParseResult<z.output<S>> | { thrown: unknown } {
  try {
    return schema.safeParse(value)
  } catch (thrown) {
    return { thrown }
  }
}

/** A wrong value is underlined itself; a wrong or incomplete key is underlined as a key. */
function placeOf(
  node: ConfigNode,
  key: Place,
  at: Path,
  name: string | undefined,
  message: string,
): Place {
  if (name !== undefined) {
    return entryOf(nodeAt(node, at), name)?.key ?? nearestPlace(node, key, at)
  }
  const value = at.length > 0 && !message.includes('is missing') ? nodeAt(node, at) : undefined
  return value?.kind === 'scalar' ? value.place : nearestPlace(node, key, at)
}

/**
 * Plain values for the schema. An empty value (`key:`) means "not given". An expanded value takes
 * the type that the field wants: its exact text for a text field, else what YAML makes of it.
 */
export function valueFor(node: ConfigNode, view: SchemaView): unknown {
  if (node.raw !== undefined && takesText(node, view)) return node.raw
  if (node.kind === 'scalar') return node.value
  if (node.kind === 'list') {
    return node.items.map((item, i) => valueFor(item, view.child(i)))
  }
  const pairs: [string, unknown][] = []
  for (const [key, { node: value }] of node.entries) {
    const child = view.child(key)
    const plain = valueFor(value, child)
    const absent = plain === null && child.known && !child.choices.some(acceptsNull)
    if (!absent) pairs.push([key, plain])
  }
  return Object.fromEntries(pairs)
}

function acceptsNull({ type, const: fixed }: { type?: unknown; const?: unknown }): boolean {
  return type === 'null' || fixed === null || (Array.isArray(type) && type.includes('null'))
}

function takesText(node: ConfigNode, view: SchemaView): boolean {
  if (!view.known || !view.accepts('string')) return false
  if (isNull(node)) return view.isFreeText
  if (node.kind === 'map') return !view.accepts('object')
  if (node.kind === 'list') return !view.accepts('array')
  if (typeof node.value === 'number') return !view.accepts('number') && !view.accepts('integer')
  return typeof node.value === 'string' || !view.accepts(typeof node.value)
}

/** Tells the sources where secrets stand; gives the secret texts. */
function markSecrets(node: ConfigNode, view: SchemaView): string[] {
  if (view.secret) return hideValue(node)
  if (node.kind === 'scalar') return []
  if (node.kind === 'list') {
    return node.items.flatMap((item, i) => markSecrets(item, view.child(i)))
  }
  return [...node.entries].flatMap(([key, entry]) => markSecrets(entry.node, view.child(key)))
}

function hideValue(node: ConfigNode | undefined): string[] {
  if (!node) return []
  node.place.source.secrets.push(node.place)
  if (node.kind === 'list') return node.items.flatMap(hideValue)
  if (node.kind === 'map') return [...node.entries.values()].flatMap(entry => hideValue(entry.node))
  return [node.raw, node.value === null ? undefined : String(node.value)].filter(
    (text): text is string => text !== undefined && text !== '',
  )
}

/** A mistyped key may have meant a secret one: then its value is as secret. */
function mayBeSecret(view: SchemaView, suggestion: string | undefined): boolean {
  if (suggestion !== undefined) return view.child(suggestion).secret
  return view.keys.some(key => view.child(key).secret)
}

/** Shorter texts are words of the message itself more often than they are secrets. */
const HIDDEN_CHARS_MIN = 3

function hide(message: string, secrets: readonly string[]): string {
  const long = secrets.filter(secret => secret.length >= HIDDEN_CHARS_MIN)
  return long.reduce((text, secret) => text.replaceAll(secret, REDACTED), message)
}

/** Keys that are accepted only so that a Collector config runs say so. */
function warnUnused(mapping: Mapping, view: SchemaView, problems: Problems): void {
  const { node, key, path } = mapping
  const unused = view.mark('unused')
  const replacedBy = view.mark('replacedBy')
  if (unused !== undefined) problems.warn(key, path, `accepted, but not used: ${unused}`)
  if (replacedBy !== undefined) problems.warn(key, path, `an old key; use ${replacedBy}`)
  if (unused !== undefined || !node) return
  if (node.kind === 'list') {
    node.items.forEach((item, i) => {
      warnUnused({ node: item, key: item.place, path: [...path, i] }, view.child(i), problems)
    })
  }
  if (node.kind !== 'map') return
  for (const [name, entry] of node.entries) {
    warnUnused({ ...entry, path: [...path, name] }, view.child(name), problems)
  }
}
