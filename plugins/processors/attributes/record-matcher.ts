import type { AnyValue, LogCursor } from '#core'
import type { AttributeMatchConfig, MatchConfig } from './config.ts'
import { type TextMatcher, textMatcher } from './text-matcher.ts'

/** Does the record under the cursor match? */
export type RecordMatcher = (row: LogCursor) => boolean

/**
 * Compiles the conditions, all of which must hold. What it gives makes a matcher for one batch:
 * verdicts on resources and scopes are remembered by their index.
 */
export function recordMatcher(config: MatchConfig): () => RecordMatcher {
  const perRecord = recordConditions(config)
  const resources = config.resources?.length
    ? attributesMatcher(config.resources, config)
    : undefined
  const libraries = config.libraries?.length ? libraryMatcher(config) : undefined
  return () => {
    const conditions = [...perRecord]
    if (resources !== undefined) {
      // Once per resource and once per scope, not once per record.
      const verdicts = new Map<number, boolean>()
      conditions.unshift(row =>
        remember(verdicts, row.resourceIndex, () => resources(key => row.resourceAttribute(key))),
      )
    }
    if (libraries !== undefined) {
      const verdicts = new Map<number, boolean>()
      conditions.unshift(row =>
        remember(verdicts, row.scopeIndex, () => libraries(row.scopeName(), row.scopeVersion())),
      )
    }
    return row => conditions.every(condition => condition(row))
  }
}

function recordConditions(config: MatchConfig): RecordMatcher[] {
  const conditions: RecordMatcher[] = []
  const severity = config.log_severity_number
  if (severity !== undefined) {
    conditions.push(row => {
      const number = row.severityNumber()
      return number === 0 ? severity.match_undefined : number >= severity.min
    })
  }
  if (config.log_severity_texts?.length) {
    const matches = textMatcher(config.log_severity_texts, config)
    conditions.push(row => matches(row.severityText()))
  }
  if (config.attributes?.length) {
    const matches = attributesMatcher(config.attributes, config)
    conditions.push(row => matches(key => row.attribute(key)))
  }
  if (config.log_bodies?.length) {
    const matches = textMatcher(config.log_bodies, config)
    conditions.push(row => matches(row.bodyText()))
  }
  return conditions
}

type Lookup = (key: string) => AnyValue

/** All the attributes must be there, with a value that matches. */
function attributesMatcher(
  wanted: readonly AttributeMatchConfig[],
  config: MatchConfig,
): (lookup: Lookup) => boolean {
  const checks = wanted.map(({ key, value }) => ({ key, matches: valueMatcher(value, config) }))
  return lookup =>
    checks.every(({ key, matches }) => {
      const found = lookup(key)
      return found !== undefined && matches(found)
    })
}

function valueMatcher(
  wanted: AttributeMatchConfig['value'],
  config: MatchConfig,
): (found: AnyValue) => boolean {
  if (wanted === undefined) return () => true
  if (config.match_type === 'regexp') {
    const matches = textMatcher([String(wanted)], config)
    return found => typeof found !== 'object' && matches(String(found))
  }
  // YAML has one kind of number; a whole one is an int.
  const value = Number.isSafeInteger(wanted) ? BigInt(wanted as number) : wanted
  return found => found === value
}

/** The scope must match one of the libraries, as the Collector's README promises. */
function libraryMatcher(config: MatchConfig): (name: string, version: string) => boolean {
  const libraries = (config.libraries ?? []).map(({ name, version }) => ({
    name: textMatcher([name], config),
    version: version === undefined ? anyText : textMatcher([version], config),
  }))
  return (name, version) =>
    libraries.some(library => library.name(name) && library.version(version))
}

const anyText: TextMatcher = () => true

function remember(verdicts: Map<number, boolean>, index: number, decide: () => boolean): boolean {
  const known = verdicts.get(index)
  if (known !== undefined) return known
  const verdict = decide()
  verdicts.set(index, verdict)
  return verdict
}
