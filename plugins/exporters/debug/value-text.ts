import { type AnyValue, anyValueText } from '#core'

const NANOS_PER_SECOND = 1_000_000_000n

/** A time as Go prints it: `2020-02-11 20:26:13.000000789 +0000 UTC`. */
export function timeText(unixNano: bigint): string {
  const seconds = new Date(Number(unixNano / NANOS_PER_SECOND) * 1000).toISOString().slice(0, 19)
  const nanos = String(unixNano % NANOS_PER_SECOND)
    .padStart(9, '0')
    .replace(/0+$/, '')
  return `${seconds.replace('T', ' ')}${nanos === '' ? '' : `.${nanos}`} +0000 UTC`
}

const SEVERITIES = ['Trace', 'Debug', 'Info', 'Warn', 'Error', 'Fatal']

/** `Info(9)`, `Warn2(14)`, `Unspecified(0)`; a number that OTLP does not know has no name. */
export function severityText(number: number): string {
  if (number === 0) return 'Unspecified(0)'
  const name = SEVERITIES[Math.floor((number - 1) / 4)] ?? ''
  const step = (number - 1) % 4
  return name === '' ? `(${number})` : `${name}${step === 0 ? '' : step + 1}(${number})`
}

/** A value with its type: `Str(hello)`, `Int(1)`, `Map({"a":1})`. */
export function typedText(value: AnyValue): string {
  return `${typeName(value)}(${anyValueText(value)})`
}

function typeName(value: AnyValue): string {
  switch (typeof value) {
    case 'undefined':
      return 'Empty'
    case 'string':
      return 'Str'
    case 'boolean':
      return 'Bool'
    case 'bigint':
      return 'Int'
    case 'number':
      return 'Double'
    default:
      if (Array.isArray(value)) return 'Slice'
      return value instanceof Map ? 'Map' : 'Bytes'
  }
}
