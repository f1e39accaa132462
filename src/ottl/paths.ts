import type { AnyValue } from '../batch/any-value.ts'
import type { LogCursor } from '../batch/log-cursor.ts'
import { OttlError } from './ottl-error.ts'

/** Reads a value of the record that the cursor is at; undefined is OTTL's nil. */
export type Getter = (row: LogCursor) => AnyValue

/** What stands between brackets behind a path. */
export type Key = string | number

/** A path as it was written, such as `log.body["user"]`. */
export interface Path {
  /** `log.body` */
  readonly name: string
  readonly keys: readonly Key[]
  readonly at: number
}

/**
 * What a path reads. `log.` may be left out, as in the Collector. A key that is not there, or asked of
 * a value that has none, gives nil. Throws OttlError for a path that there is not.
 */
export function getterOf({ name, keys, at }: Path): Getter {
  const [first, ...others] = keys
  const fullName = CONTEXT.test(name) ? name : `log.${name}`
  const keyed = KEYED.get(fullName)
  if (keyed !== undefined) {
    if (typeof first !== 'string') throw new OttlError(at, `name one of them: ${name}["key"]`)
    return row => valueAt(keyed(row, first), others)
  }
  const get = FIELDS.get(fullName)
  if (get === undefined) throw new OttlError(at, `there is no ${name}, there is: ${known()}`)
  if (keys.length === 0) return get
  if (fullName !== 'log.body') throw new OttlError(at, `${name} has no keys`)
  return row => valueAt(get(row), keys)
}

const CONTEXT = /^(?:log|resource|scope|instrumentation_scope)\./

const FIELDS: ReadonlyMap<string, Getter> = new Map<string, Getter>([
  ['log.body', row => row.body()],
  ['log.body.string', row => row.bodyText()],
  ['log.severity_number', row => row.severityNumber()],
  ['log.severity_text', row => row.severityText()],
  ['log.event_name', row => row.eventName()],
  ['log.time_unix_nano', row => row.timeUnixNano()],
  ['log.observed_time_unix_nano', row => row.observedTimeUnixNano()],
  // One that is absent is all zeros there.
  ['log.trace_id.string', row => row.traceId().padEnd(32, '0')],
  ['log.span_id.string', row => row.spanId().padEnd(16, '0')],
  ['log.flags', row => row.flags()],
  ['scope.name', row => row.scopeName()],
  ['scope.version', row => row.scopeVersion()],
  ['instrumentation_scope.name', row => row.scopeName()],
  ['instrumentation_scope.version', row => row.scopeVersion()],
])

type KeyedGetter = (row: LogCursor, key: string) => AnyValue

const KEYED: ReadonlyMap<string, KeyedGetter> = new Map<string, KeyedGetter>([
  ['log.attributes', (row, key) => row.attribute(key)],
  ['resource.attributes', (row, key) => row.resourceAttribute(key)],
  ['scope.attributes', (row, key) => row.scopeAttributes().get(key)],
  ['instrumentation_scope.attributes', (row, key) => row.scopeAttributes().get(key)],
])

function known(): string {
  return [...[...KEYED.keys()].map(name => `${name}["key"]`), ...FIELDS.keys()].join(', ')
}

function valueAt(value: AnyValue, keys: readonly Key[]): AnyValue {
  let inner = value
  for (const key of keys) {
    if (inner instanceof Map && typeof key === 'string') inner = inner.get(key)
    else if (Array.isArray(inner) && typeof key === 'number') inner = inner[key]
    else return undefined
  }
  return inner
}
