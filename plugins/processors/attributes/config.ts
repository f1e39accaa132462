import { z } from 'zod'
import { attributeActionConfig, compilePattern, PatternError } from '#core'

const scalar = z.union([z.string(), z.number(), z.bigint(), z.boolean()])

const attributeMatch = z.strictObject({
  key: z.string().min(1).meta({ description: 'The attribute that must be there.' }),
  value: scalar.optional().meta({
    description: 'The value it must have (strict: also of this type); absent = any value.',
  }),
})

const libraryMatch = z.strictObject({
  name: z.string().meta({ description: 'Name of the instrumentation scope.' }),
  version: z.string().optional().meta({
    description: 'Its version; absent = any version.',
  }),
})

const regexpOptions = z.strictObject({
  cacheenabled: z.boolean().default(false).meta({
    description: 'Remember which texts matched.',
  }),
  cachemaxnumentries: z.number().int().nonnegative().default(0).meta({
    description: 'Texts to remember at most; 0 = 4096.',
  }),
})

const severityMatch = z.strictObject({
  min: z.number().int().min(0).max(24).default(0).meta({
    description:
      'Lowest severity_number that matches: 1 trace, 5 debug, 9 info, 13 warn, 17 error.',
  }),
  match_undefined: z.boolean().default(false).meta({
    description: 'Does a record without a severity_number match?',
  }),
})

/** What selects records; every condition that is given must hold. */
const matchConfig = z
  .strictObject({
    match_type: z.enum(['strict', 'regexp']).meta({
      description: 'Are the texts below compared as they are, or RE2 regular expressions?',
    }),
    regexp: regexpOptions.optional().meta({ description: 'Options of match_type regexp.' }),
    log_bodies: z.array(z.string()).optional().meta({
      description: 'The body, as text, must match one of these.',
    }),
    log_severity_texts: z.array(z.string()).optional().meta({
      description: 'The severity_text must match one of these.',
    }),
    log_severity_number: severityMatch.optional().meta({
      description: 'The severity_number must be in this range.',
    }),
    attributes: z.array(attributeMatch).optional().meta({
      description: 'All of these attributes of the record must match.',
    }),
    resources: z.array(attributeMatch).optional().meta({
      description: 'All of these attributes of the resource must match.',
    }),
    libraries: z.array(libraryMatch).optional().meta({
      description: 'The instrumentation scope must match one of these.',
    }),
  })
  .superRefine((match, context) => {
    const complain: Complain = (path, message) => {
      context.addIssue({ code: 'custom', path, message })
    }
    checkNotEmpty(match, complain)
    if (match.match_type === 'regexp') checkPatterns(match, complain)
  })

export const attributesProcessorConfig = z.strictObject({
  actions: z.array(attributeActionConfig).min(1, 'at least one action is needed').meta({
    description: 'What to do to the attributes of each record, in this order.',
  }),
  include: matchConfig.optional().meta({
    description: 'Act only on records that match this; absent = all.',
  }),
  exclude: matchConfig.optional().meta({
    description: 'Leave records alone that match this; looked at after `include`.',
  }),
})

export type AttributesProcessorConfig = z.output<typeof attributesProcessorConfig>
export type MatchConfig = z.output<typeof matchConfig>
export type AttributeMatchConfig = z.output<typeof attributeMatch>

type Complain = (path: (string | number)[], message: string) => void

const LISTS = ['log_bodies', 'log_severity_texts', 'attributes', 'resources', 'libraries'] as const

function checkNotEmpty(match: MatchConfig, complain: Complain): void {
  if (match.log_severity_number !== undefined) return
  if (LISTS.every(key => (match[key] ?? []).length === 0)) {
    complain([], `matches nothing: at least one of ${LISTS.join(', ')} or log_severity_number`)
  }
}

function checkPatterns(match: MatchConfig, complain: Complain): void {
  const check = (path: (string | number)[], pattern: AttributeMatchConfig['value']): void => {
    if (pattern === undefined) return
    if (typeof pattern !== 'string') {
      complain(path, `match_type regexp needs a string here, not ${String(pattern)}`)
      return
    }
    try {
      compilePattern(pattern)
    } catch (error) {
      if (!(error instanceof PatternError)) throw error
      complain(path, error.message)
    }
  }
  for (const key of ['log_bodies', 'log_severity_texts'] as const) {
    for (const [index, pattern] of (match[key] ?? []).entries()) check([key, index], pattern)
  }
  for (const key of ['attributes', 'resources'] as const) {
    for (const [index, { value }] of (match[key] ?? []).entries()) {
      check([key, index, 'value'], value)
    }
  }
  for (const [index, { name, version }] of (match.libraries ?? []).entries()) {
    check(['libraries', index, 'name'], name)
    check(['libraries', index, 'version'], version)
  }
}
