import type { AnyValue } from '../batch/any-value.ts'
import { anyValueText } from '../batch/any-value-text.ts'

export type ConvertedType = 'int' | 'double' | 'string'

const INTEGER = /^[+-]?\d+$/
const DECIMAL = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i
const NAMED = /^([+-]?)(inf|infinity|nan)$/i
const INT64_MIN = -(2n ** 63n)
const INT64_MAX = 2n ** 63n - 1n
/** Nobody writes a number in more characters; a longer text is not worth parsing. */
const NUMBER_CHARS_MAX = 1024

/**
 * Converts as the Collector does: bool to 0 or 1, double to int by cutting the fraction off, text by
 * parsing it whole. A value that cannot be converted, or not without leaving the range, comes back
 * as it is.
 */
export function convertValue(value: AnyValue, to: ConvertedType): AnyValue {
  if (to === 'string') return anyValueText(value)
  return (to === 'int' ? toInt(value) : toDouble(value)) ?? value
}

function toInt(value: AnyValue): bigint | undefined {
  switch (typeof value) {
    case 'bigint':
      return value
    case 'boolean':
      return value ? 1n : 0n
    case 'number':
      return Number.isFinite(value) ? inRange(BigInt(Math.trunc(value))) : undefined
    case 'string':
      if (value.length > NUMBER_CHARS_MAX || !INTEGER.test(value)) return undefined
      return inRange(BigInt(value.startsWith('+') ? value.slice(1) : value))
    default:
      return undefined
  }
}

function toDouble(value: AnyValue): number | undefined {
  switch (typeof value) {
    case 'number':
      return value
    case 'boolean':
      return value ? 1 : 0
    case 'bigint':
      return Number(value)
    case 'string':
      return parseDouble(value)
    default:
      return undefined
  }
}

function parseDouble(text: string): number | undefined {
  if (text.length > NUMBER_CHARS_MAX) return undefined
  const named = NAMED.exec(text)
  if (named !== null) {
    if (named[2]!.toLowerCase() === 'nan') return NaN
    return named[1] === '-' ? -Infinity : Infinity
  }
  if (!DECIMAL.test(text)) return undefined
  const value = Number(text)
  return Number.isFinite(value) ? value : undefined
}

function inRange(value: bigint): bigint | undefined {
  return value >= INT64_MIN && value <= INT64_MAX ? value : undefined
}
