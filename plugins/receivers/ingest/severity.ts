import { WordTable } from './word-table.ts'

/*
 * OpenTelemetry's SeverityNumber (1 to 24: four each of TRACE, DEBUG, INFO, WARN, ERROR, FATAL) for
 * what loggers write. Names that two worlds use differently are read as the log data model's
 * appendix reads the more common one: `critical` is the highest level of .NET, Python and Windows,
 * `crit`, `alert` and `emerg` are syslog's.
 */
const SPELLINGS: readonly (readonly [severity: number, names: string])[] = [
  [1, 'trace trc t verbose v finest'],
  [5, 'debug dbg d finer'],
  [6, 'fine'],
  [7, 'config'],
  [9, 'info information informational inf i default'],
  [10, 'notice'],
  [13, 'warn warning wrn w'],
  [17, 'error err eror e severe failure'],
  [18, 'crit dpanic'],
  [19, 'alert panic'],
  [21, 'fatal ftl f critical emerg emergency'],
]
const SHORT_NAMES = ['trace', 'debug', 'info', 'warn', 'error', 'fatal']

const known = new Map<string, number>()
for (const [severity, names] of SPELLINGS) {
  for (const name of names.split(' ')) known.set(name, severity)
}
for (const [rank, name] of SHORT_NAMES.entries()) {
  for (let step = 1; step <= 4; step++) {
    const severity = rank * 4 + step
    if (step > 1) known.set(`${name}${step}`, severity)
    // The enum's own names in OTLP.
    known.set(`severity_number_${name}${step > 1 ? step : ''}`, severity)
  }
}
const words = new WordTable([...known.keys()])
const numbers = Uint8Array.from(known.values())

/** The severity of the name in `bytes[offset..end]`, in any case; 0 for an unknown one. */
export function severityOfName(bytes: Buffer, offset: number, end: number): number {
  const word = words.find(bytes, offset, end)
  return word < 0 ? 0 : numbers[word]!
}

/** What a number means as a severity, by who counts. */
export const SEVERITY_SCALES = ['otel', 'syslog', 'pino', 'python'] as const
export type SeverityScale = (typeof SEVERITY_SCALES)[number]

const SYSLOG = [21, 19, 18, 17, 13, 10, 9, 5]
const TENS: Readonly<Record<'pino' | 'python', readonly number[]>> = {
  pino: [1, 5, 9, 13, 17, 21],
  python: [5, 9, 13, 17, 21],
}

/** The severity of a number on that scale; 0 for one that is not on it. */
export function severityOfNumber(value: number, scale: SeverityScale): number {
  if (scale === 'otel') return Number.isInteger(value) && value >= 1 && value <= 24 ? value : 0
  if (scale === 'syslog') return SYSLOG[value] ?? 0
  return TENS[scale][value / 10 - 1] ?? 0
}

/** What the scale takes, for the rule in an error. */
export const SCALE_RULES: Readonly<Record<SeverityScale, string>> = {
  otel: 'a whole number from 1 to 24',
  syslog: 'a whole number from 0 to 7',
  pino: 'one of 10, 20, 30, 40, 50, 60',
  python: 'one of 10, 20, 30, 40, 50',
}
