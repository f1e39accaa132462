import type { AnyValue } from './any-value.ts'

/**
 * The text form of an AnyValue, as the Collector's `AsString` gives it: strings as they are, numbers
 * in decimal (doubles as ECMAScript prints them), bytes in base64, arrays and maps as JSON.
 */
export function anyValueText(value: AnyValue): string {
  switch (typeof value) {
    case 'undefined':
      return ''
    case 'string':
      return value
    case 'boolean':
    case 'bigint':
    case 'number':
      return String(value)
    default:
      return value instanceof Uint8Array ? base64(value) : anyValueJson(value)
  }
}

/** One AnyValue as JSON text. Integers keep all their digits; NaN and infinities become strings. */
function anyValueJson(value: AnyValue): string {
  switch (typeof value) {
    case 'undefined':
      return 'null'
    case 'bigint':
    case 'boolean':
      return String(value)
    case 'number':
      return Number.isFinite(value) ? String(value) : JSON.stringify(String(value))
    case 'string':
      return JSON.stringify(value)
    default:
  }
  if (value instanceof Uint8Array) return JSON.stringify(base64(value))
  if (Array.isArray(value)) return `[${value.map(anyValueJson).join(',')}]`
  const entries = [...value].map(([key, inner]) => `${JSON.stringify(key)}:${anyValueJson(inner)}`)
  return `{${entries.join(',')}}`
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
}
