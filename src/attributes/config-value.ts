import type { AnyValue } from '../batch/any-value.ts'
import type { ConfigValue } from './config.ts'

/**
 * A value of the config as an AnyValue. YAML has one kind of number: whole ones become int, others
 * double.
 */
export function configToAnyValue(value: ConfigValue): AnyValue {
  if (value === null) return undefined
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value
  if (typeof value !== 'object') return value
  if (Array.isArray(value)) return value.map(configToAnyValue)
  return new Map(Object.entries(value).map(([key, inner]) => [key, configToAnyValue(inner)]))
}
