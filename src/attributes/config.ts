import { z } from 'zod'
import { compilePattern, type Pattern, PatternError } from './pattern.ts'

/*
 * The list of attribute actions that the attributes and resource processors share, with the
 * Collector's keys (internal/coreinternal/attraction).
 */

const ACTIONS = ['insert', 'update', 'upsert', 'delete', 'hash', 'extract', 'convert'] as const
const CONVERTED_TYPES = ['int', 'double', 'string'] as const

/** A value as YAML gives it. `null` counts as not set, as for an unset environment variable. */
export type ConfigValue =
  | null
  | string
  | number
  | bigint
  | boolean
  | ConfigValue[]
  | { [key: string]: ConfigValue }

const configValue: z.ZodType<ConfigValue> = z.lazy(() =>
  z.union([
    z.null(),
    z.string(),
    z.number(),
    z.bigint(),
    z.boolean(),
    z.array(configValue),
    z.record(z.string(), configValue),
  ]),
)

const actionFields = z.strictObject({
  key: z.string().optional().meta({ description: 'The attribute to act upon.' }),
  action: z
    .preprocess(
      action => (typeof action === 'string' ? action.toLowerCase() : action),
      z.enum(ACTIONS),
    )
    .meta({
      description:
        'insert: when the key is absent; update: when it is there; upsert: either; delete; hash: SHA-256 in hex; extract: named groups of `pattern` become attributes; convert: to `converted_type`.',
    }),
  value: configValue.optional().meta({
    description: 'The value to set; its type is the type it has in YAML.',
  }),
  from_attribute: z.string().min(1).optional().meta({
    description: 'Copy the value of this attribute; nothing happens when it is absent.',
  }),
  from_context: z.string().min(1).optional().meta({
    description:
      'Take the value from the request: `metadata.<header>` (several values are joined with `;`; the receiver needs `include_metadata: true`) or `client.address`.',
  }),
  default_value: configValue.optional().meta({
    description: 'The value to set when the other source has none.',
  }),
  pattern: z.string().min(1).optional().meta({
    description:
      'RE2 regular expression: for `delete` and `hash` it selects keys, for `extract` its named groups take parts of the value of `key`.',
  }),
  converted_type: z.enum(CONVERTED_TYPES).optional().meta({
    description: 'What `convert` makes of the value; one that cannot be converted stays.',
  }),
})

type ActionFields = z.output<typeof actionFields>
type Complain = (key: keyof ActionFields, message: string) => void

/** One action: which keys it needs and which it refuses is checked here, with the place. */
export const attributeActionConfig = actionFields.superRefine((action, context) => {
  const complain: Complain = (key, message) => {
    context.addIssue({ code: 'custom', path: [key], message })
  }
  checkKey(action, complain)
  checkUnused(action, complain)
  checkSources(action, complain)
  checkPattern(action, complain)
  if (action.action === 'convert' && action.converted_type === undefined) {
    complain('converted_type', `action "convert" needs converted_type: int, double or string`)
  }
})

export type AttributeActionConfig = z.output<typeof attributeActionConfig>

const NEEDS_SOURCE: ReadonlySet<string> = new Set(['insert', 'update', 'upsert'])
const SOURCES = ['value', 'from_attribute', 'from_context'] as const

/** The keys that an action takes beside `key` and `action`. */
const TAKES: Readonly<Record<ActionFields['action'], readonly (keyof ActionFields)[]>> = {
  insert: [...SOURCES, 'default_value'],
  update: [...SOURCES, 'default_value'],
  upsert: [...SOURCES, 'default_value'],
  delete: ['pattern'],
  hash: ['pattern'],
  extract: ['pattern'],
  convert: ['converted_type'],
}

function checkKey({ action, key, pattern }: ActionFields, complain: Complain): void {
  if (key !== undefined && key !== '') return
  if (action !== 'delete' && action !== 'hash') {
    complain('key', `action "${action}" needs a key`)
  } else if (pattern === undefined) {
    complain('key', `action "${action}" needs a key, a pattern or both`)
  }
}

function checkUnused(fields: ActionFields, complain: Complain): void {
  const takes = TAKES[fields.action]
  const optional = [...SOURCES, 'default_value', 'pattern', 'converted_type'] as const
  for (const key of optional) {
    if (fields[key] === undefined || fields[key] === null || takes.includes(key)) continue
    complain(key, `action "${fields.action}" does not use ${key}`)
  }
}

function checkSources(fields: ActionFields, complain: Complain): void {
  if (!NEEDS_SOURCE.has(fields.action)) return
  const given = SOURCES.filter(key => fields[key] !== undefined && fields[key] !== null)
  if (given.length > 1) {
    complain(given[1]!, `only one of ${SOURCES.join(', ')} may be set, not ${given.join(' and ')}`)
  }
  // `value: null` is what an unset environment variable leaves.
  const hasDefault = fields.default_value !== undefined && fields.default_value !== null
  if (given.length === 0 && !hasDefault) {
    const place = fields.value === null ? 'value' : 'action'
    complain(place, `action "${fields.action}" needs one of ${SOURCES.join(', ')} or default_value`)
  }
}

function checkPattern(fields: ActionFields, complain: Complain): void {
  if (fields.pattern === undefined) {
    if (fields.action === 'extract') complain('pattern', 'action "extract" needs a pattern')
    return
  }
  let pattern: Pattern
  try {
    pattern = compilePattern(fields.pattern)
  } catch (error) {
    if (!(error instanceof PatternError)) throw error
    complain('pattern', error.message)
    return
  }
  if (fields.action !== 'extract') return
  if (pattern.groups.length === 0) {
    complain('pattern', 'has no named group: write (?P<name>...) around what is to be extracted')
  } else if (pattern.groups.includes('')) {
    const at = pattern.groups.indexOf('') + 1
    complain('pattern', `group ${at} has no name: write (?P<name>...) or (?:...)`)
  }
}
