import { z } from 'zod'

/** The parts of JSON Schema that zod writes and we read, with our own marks from `.meta`. */
export interface JsonSchema {
  readonly type?: string | readonly string[]
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: boolean | JsonSchema
  readonly items?: JsonSchema
  readonly prefixItems?: readonly JsonSchema[]
  readonly anyOf?: readonly JsonSchema[]
  readonly oneOf?: readonly JsonSchema[]
  readonly allOf?: readonly JsonSchema[]
  readonly $ref?: string
  readonly $defs?: Readonly<Record<string, JsonSchema>>
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly default?: unknown
  readonly description?: string
  readonly format?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
  readonly exclusiveMaximum?: number
  readonly secret?: boolean
  /** Accepted so that a Collector config runs, and not used: why, or what is used instead. */
  readonly unused?: string
  /** An old spelling that still works: what to write instead. */
  readonly replacedBy?: string
}

const cache = new WeakMap<z.ZodType, JsonSchema>()

/** What users may write for a zod schema, as JSON Schema. */
export function inputSchema(schema: z.ZodType): JsonSchema {
  let known = cache.get(schema)
  if (!known) {
    known = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema
    cache.set(schema, known)
  }
  return known
}

/**
 * A walk through a schema beside a walk through values. Where the schema leaves a choice
 * (`anyOf`), the view is of all choices at once.
 */
export class SchemaView {
  readonly choices: readonly JsonSchema[]
  /** True here and for everything below. */
  readonly secret: boolean
  readonly #root: JsonSchema

  constructor(root: JsonSchema, schemas: readonly JsonSchema[] = [root], secret = false) {
    this.#root = root
    this.choices = schemas.flatMap(schema => flatten(root, schema, 0))
    this.secret = secret || this.choices.some(choice => choice.secret === true)
  }

  static of(schema: z.ZodType): SchemaView {
    return new SchemaView(inputSchema(schema))
  }

  /** The names a map may have here; empty for free-form maps. */
  get keys(): string[] {
    return [...new Set(this.choices.flatMap(choice => Object.keys(choice.properties ?? {})))]
  }

  /** False where the schema says nothing about this value. */
  get known(): boolean {
    return this.choices.length > 0
  }

  /** The first value of a mark among the choices. */
  mark<K extends keyof JsonSchema>(name: K): JsonSchema[K] | undefined {
    return this.choices.find(choice => choice[name] !== undefined)?.[name]
  }

  /** May a value of this JSON type stand here? */
  accepts(type: string): boolean {
    return this.choices.some(choice => typesOf(choice).includes(type))
  }

  /** True when any text is fine here: a string without a fixed form. */
  get isFreeText(): boolean {
    return (
      this.choices.length > 0 &&
      this.choices.every(({ type, enum: fixed, format }) => type === 'string' && !fixed && !format)
    )
  }

  /** The view of a map's key or a list's item. */
  child(step: string | number): SchemaView {
    const schemas = this.choices.flatMap(choice => {
      if (typeof step === 'number') return choice.prefixItems?.[step] ?? choice.items ?? []
      if (choice.properties && Object.hasOwn(choice.properties, step)) {
        return choice.properties[step]!
      }
      const rest = choice.additionalProperties
      return typeof rest === 'object' ? rest : []
    })
    return new SchemaView(this.#root, schemas, this.secret)
  }
}

const REFERENCES_MAX = 20

function flatten(root: JsonSchema, schema: JsonSchema, depth: number): JsonSchema[] {
  if (depth > REFERENCES_MAX) return []
  const parts = [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])]
  const target = schema.$ref === undefined ? undefined : resolved(root, schema.$ref)
  if (target) parts.push(target)
  if (parts.length > 0) {
    return parts.flatMap(part => flatten(root, { ...inherited(schema), ...part }, depth + 1))
  }
  return Object.keys(schema).length > 0 ? [inherited(schema)] : []
}

/** What is said beside `anyOf` holds for every choice. */
function inherited(schema: JsonSchema): JsonSchema {
  const { anyOf: _a, oneOf: _o, allOf: _l, $ref: _r, $defs: _d, ...rest } = schema
  return rest
}

function resolved(root: JsonSchema, reference: string): JsonSchema | undefined {
  if (reference === '#') return root
  const name = /^#\/\$defs\/(.+)$/.exec(reference)?.[1]
  return name === undefined ? undefined : root.$defs?.[name]
}

function typesOf(schema: JsonSchema): readonly string[] {
  if (typeof schema.type === 'string') {
    return schema.type === 'number' ? ['number', 'integer'] : [schema.type]
  }
  if (schema.type) return schema.type
  if (schema.const !== undefined) return [schema.const === null ? 'null' : typeof schema.const]
  if (schema.enum) return schema.enum.map(value => (value === null ? 'null' : typeof value))
  return ['string', 'number', 'integer', 'boolean', 'object', 'array', 'null']
}
