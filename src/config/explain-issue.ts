import type { z } from 'zod'
import { nearest } from './suggest.ts'
import { type ConfigNode, describeNode, nodeAt, type Path, shorten } from './tree.ts'

type Issue = z.core.$ZodIssue

/** A zod issue in our words; `key` set when it is about a key rather than its value. */
export interface Explained {
  readonly path: Path
  readonly message: string
  readonly suggestion?: string | undefined
  readonly key?: string
}

/** What the explanation may look at. */
export interface IssueContext {
  /** The mapping that was checked. */
  readonly root: ConfigNode
  /** The names that the schema knows at a path. */
  keysAt(path: Path): readonly string[]
  isSecret(path: Path): boolean
  /** `duration`, `bytes` or what JSON Schema has. */
  formatAt(path: Path): string | undefined
}

/** Says what an issue means to the author of the config; one issue may be several mistakes. */
export function explainIssue(issue: Issue, context: IssueContext): Explained[] {
  const path = issue.path.map(step => (typeof step === 'symbol' ? String(step) : step))
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map(key => unknownKey(path, key, context))
    case 'invalid_type':
      return [explainType(path, issue.expected, context)]
    case 'invalid_value':
      return [explainChoice(path, issue.values, context)]
    case 'too_small':
      return [{ path, message: bound(path, 'below the minimum', issue.minimum, issue, context) }]
    case 'too_big':
      return [{ path, message: bound(path, 'above the maximum', issue.maximum, issue, context) }]
    case 'not_multiple_of':
      return [{ path, message: `${shown(path, context)} is not a multiple of ${issue.divisor}` }]
    case 'invalid_format':
      return [{ path, message: explainFormat(path, issue, context) }]
    case 'invalid_union':
      return explainUnion(issue, path, context)
    case 'invalid_key':
      return [explainKey(path, issue.issues)]
    case 'invalid_element':
      return issue.issues.flatMap(inner => explainIssue(within(path, inner), context))
    case 'custom':
      return [{ path, message: issue.message }]
  }
}

function within(path: Path, issue: Issue): Issue {
  return { ...issue, path: [...path, ...issue.path] }
}

function unknownKey(path: Path, key: string, context: IssueContext): Explained {
  const known = context.keysAt(path)
  const suggestion = nearest(key, known)
  const list = known.length > 0 && known.length <= 12 ? `; known are ${known.join(', ')}` : ''
  const message = `unknown key "${shorten(key)}"${suggestion === undefined ? list : ''}`
  return { path, key, message, suggestion }
}

const NOUNS: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  int: 'a whole number',
  integer: 'a whole number',
  boolean: 'true or false',
  object: 'a map',
  record: 'a map',
  array: 'a list',
  tuple: 'a list',
}

function explainType(path: Path, expected: string, context: IssueContext): Explained {
  const node = nodeAt(context.root, path)
  const wanted = NOUNS[expected] ?? expected
  if (!node || (node.kind === 'scalar' && node.value === null)) {
    const key = path.at(-1)
    return { path: path.slice(0, -1), message: `"${key}" is missing: it must be ${wanted}` }
  }
  const hidden = context.isSecret(path)
  const message = `expected ${wanted}, got ${describeNode(node, hidden)}`
  const hint = expected === 'string' && node.kind === 'scalar' ? quotingHint(node, hidden) : ''
  return { path, message: `${message}${hint}` }
}

function quotingHint({ place, raw }: ConfigNode, hidden: boolean): string {
  const written = place.source.text.slice(place.start, place.end)
  return hidden || raw !== undefined ? '; put it in quotes' : `; put it in quotes: "${written}"`
}

function explainChoice(path: Path, values: readonly unknown[], context: IssueContext): Explained {
  const node = nodeAt(context.root, path)
  const options = values.map(String)
  const list = options.join(', ')
  if (!node || (node.kind === 'scalar' && node.value === null)) {
    return { path: path.slice(0, -1), message: `"${path.at(-1)}" is missing: it must be ${list}` }
  }
  const suggestion = node.kind === 'scalar' ? nearest(String(node.value), options) : undefined
  const choice = options.length === 1 ? `not ${list}` : `not one of ${list}`
  return { path, message: `${shown(path, context)} is ${choice}`, suggestion }
}

/** About the key itself, not what stands behind it. */
function explainKey(path: Path, issues: readonly Issue[]): Explained {
  const key = String(path.at(-1))
  const pattern = issues
    .map(issue => ('pattern' in issue ? issue.pattern : undefined))
    .find(Boolean)
  const rule = pattern === undefined ? 'is not allowed here' : `does not match ${String(pattern)}`
  return { path: path.slice(0, -1), key, message: `the key "${shorten(key)}" ${rule}` }
}

function bound(
  path: Path,
  relation: string,
  limit: number | bigint,
  issue: { readonly origin?: string; readonly inclusive?: boolean },
  context: IssueContext,
): string {
  const exclusive = issue.inclusive === false ? ' (which is excluded itself)' : ''
  const value = shown(path, context)
  if (issue.origin === 'string') return `${value} has a length ${relation} of ${limit}`
  if (issue.origin === 'array' || issue.origin === 'set') {
    return `the number of entries is ${relation} of ${limit}`
  }
  return `${value} is ${relation} ${limit}${exclusive}`
}

function explainFormat(
  path: Path,
  issue: {
    readonly format: string
    readonly pattern?: string | undefined
    readonly message: string
  },
  context: IssueContext,
): string {
  if (!issue.message.startsWith('Invalid ')) return issue.message
  const value = shown(path, context)
  if (issue.format === 'regex') return `${value} does not match ${issue.pattern ?? 'the pattern'}`
  return `${value} is not a valid ${issue.format}`
}

/** Of several allowed forms, speaks of the one that the author most likely meant. */
function explainUnion(
  issue: Extract<Issue, { code: 'invalid_union' }>,
  path: Path,
  context: IssueContext,
): Explained[] {
  const { errors } = issue
  if (errors.length === 0) {
    const options = (issue as { readonly options?: readonly unknown[] }).options
    return options ? [explainChoice(path, options, context)] : [{ path, message: issue.message }]
  }
  const deeper = errors.filter(branch => !branch.some(isTypeMismatch))
  if (deeper.length > 0) {
    const best = deeper.reduce((a, b) => (b.length < a.length ? b : a))
    return best.flatMap(inner => explainIssue(within(path, inner), context))
  }
  const form = FORMS[context.formatAt(path) ?? '']
  if (form !== undefined) return [{ path, message: `${shown(path, context)} is not ${form}` }]
  const wanted = [...new Set(errors.flatMap(branch => branch.flatMap(expectation)))].join(' or ')
  const explained = explainType(path, 'value', context)
  return [{ ...explained, message: explained.message.replace('value', wanted) }]
}

const FORMS: Readonly<Record<string, string>> = {
  duration: 'a duration: write it as 200ms, 5s or 1m30s',
  bytes: 'a size: write it as 67108864, 64MiB or 1GiB',
}

function isTypeMismatch(issue: Issue): boolean {
  return (
    issue.path.length === 0 && (issue.code === 'invalid_type' || issue.code === 'invalid_value')
  )
}

function expectation(issue: Issue): string[] {
  if (issue.path.length > 0) return []
  if (issue.code === 'invalid_type') return [NOUNS[issue.expected] ?? issue.expected]
  if (issue.code === 'invalid_value') return issue.values.map(String)
  return []
}

function shown(path: Path, context: IssueContext): string {
  const node = nodeAt(context.root, path)
  if (!node) return 'the value'
  if (node.kind !== 'scalar' || context.isSecret(path)) return 'the value'
  const value = node.value ?? node.raw ?? null
  return shorten(typeof value === 'string' ? JSON.stringify(value) : String(value))
}
