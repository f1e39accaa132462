import type { Plugin } from '../plugin/define-plugin.ts'
import { deadLetterSchema } from './dead-letter-section.ts'
import { KINDS, sectionOf } from './resolve.ts'
import { inputSchema, type JsonSchema } from './schema-view.ts'
import { telemetrySchema } from './telemetry-section.ts'
import { workersSchema } from './workers-section.ts'

type Json = Record<string, unknown>

/** A value may always be a reference that is expanded before it is checked. */
const REFERENCE = { type: 'string', pattern: '\\$\\{.+\\}' }
const NAMES = { type: 'array', items: { type: 'string' } }
const PIPELINE = {
  type: 'object',
  properties: {
    receivers: NAMES,
    processors: NAMES,
    exporters: NAMES,
    dead_letter: { type: 'string' },
  },
  required: ['receivers', 'exporters'],
  additionalProperties: false,
}

/** One JSON Schema (2020-12) for whole configs, so that editors complete and check them. */
export function configSchema(plugins: readonly Plugin[]): object {
  const defs: Json = {}
  const sections = KINDS.map(kind => {
    const ofKind = plugins.filter(plugin => plugin.kind === kind)
    const patterns = ofKind.map(plugin => {
      const names = [plugin.type, ...(plugin.aliases ?? [])].join('|')
      const name = `${kind}.${plugin.type}`
      defs[name] = embed(inputSchema(plugin.config), name, defs)
      return [`^(${names})(/.+)?$`, { anyOf: [{ type: 'null' }, { $ref: `#/$defs/${name}` }] }]
    })
    const map = {
      type: ['object', 'null'],
      patternProperties: Object.fromEntries(patterns) as Json,
      additionalProperties: false,
    }
    return [sectionOf(kind), map]
  })
  defs['telemetry'] = embed(inputSchema(telemetrySchema), 'telemetry', defs)
  defs['dead_letter'] = embed(inputSchema(deadLetterSchema), 'dead_letter', defs)
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Parsec config',
    type: 'object',
    properties: { ...(Object.fromEntries(sections) as Json), service: service() },
    required: ['service'],
    additionalProperties: false,
    $defs: defs,
  }
}

function service(): Json {
  return {
    type: 'object',
    properties: {
      extensions: NAMES,
      pipelines: {
        type: 'object',
        patternProperties: { '^logs(/.+)?$': PIPELINE },
        additionalProperties: false,
      },
      telemetry: { anyOf: [{ type: 'null' }, { $ref: '#/$defs/telemetry' }] },
      dead_letter: { anyOf: [{ type: 'null' }, { $ref: '#/$defs/dead_letter' }] },
      roles: { type: 'object', additionalProperties: NAMES },
      workers: adapt(inputSchema(workersSchema).properties?.['workers'], 'workers'),
    },
    required: ['pipelines'],
    additionalProperties: false,
  }
}

/** Moves a schema under `$defs/<name>`, its own definitions beside it. */
function embed(schema: JsonSchema, name: string, defs: Json): unknown {
  for (const [own, definition] of Object.entries(schema.$defs ?? {})) {
    defs[`${name}.${own}`] = adapt(definition, name)
  }
  return adapt(schema, name)
}

function adapt(schema: unknown, name: string): unknown {
  if (Array.isArray(schema)) return schema.map(part => adapt(part, name))
  if (typeof schema !== 'object' || schema === null) return schema
  const result: Json = {}
  for (const [key, value] of Object.entries(schema))
    Object.assign(result, keyword(key, value, name))
  return acceptsText(result) ? result : { anyOf: [result, REFERENCE] }
}

function keyword(key: string, value: unknown, name: string): Json {
  switch (key) {
    case '$schema':
    case '$defs':
      return {}
    case '$ref':
      return { $ref: value === '#' ? `#/$defs/${name}` : `#/$defs/${name}.${lastPart(value)}` }
    case 'properties':
    case 'patternProperties':
      return { [key]: mapped(value as Json, part => adapt(part, name)) }
    // "duration" and "bytes" mean something else, or nothing, in JSON Schema.
    case 'format':
      return { 'x-format': value }
    case 'secret':
      return { writeOnly: true }
    case 'unused':
    case 'replacedBy':
      return { deprecated: true }
    case 'default':
    case 'enum':
    case 'required':
      return { [key]: value }
    case 'propertyNames':
      return { [key]: value }
    default:
      return { [key]: adapt(value, name) }
  }
}

function acceptsText({ type }: Json): boolean {
  return type !== 'number' && type !== 'integer' && type !== 'boolean'
}

function lastPart(reference: unknown): string {
  return String(reference).split('/').at(-1) ?? ''
}

function mapped(record: Json, change: (value: unknown) => unknown): Json {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]))
}
