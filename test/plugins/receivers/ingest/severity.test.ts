import test from 'ava'
import {
  SCALE_RULES,
  SEVERITY_SCALES,
  severityOfName,
  severityOfNumber,
} from '../../../../plugins/receivers/ingest/severity.ts'

const NAMES: readonly (readonly [number, string])[] = [
  [1, 'trace TRACE trc T verbose finest SEVERITY_NUMBER_TRACE'],
  [2, 'trace2'],
  [5, 'debug Debug DBG finer'],
  [6, 'fine debug2'],
  [7, 'config'],
  [8, 'debug4 severity_number_debug4'],
  [9, 'info INFO Information informational inf default'],
  [10, 'notice info2'],
  [13, 'warn WARNING wrn w'],
  [17, 'error Error err ERR severe failure'],
  [18, 'crit error2'],
  [19, 'alert panic'],
  [21, 'fatal critical emerg emergency FTL'],
  [24, 'fatal4 SEVERITY_NUMBER_FATAL4'],
  [0, 'loud information2 trace1 trace5 info9 severity'],
]

for (const [severity, names] of NAMES) {
  for (const name of names.split(' ')) {
    test(`${name} is severity ${severity}`, t => {
      const bytes = Buffer.from(name)
      t.is(severityOfName(bytes, 0, bytes.length), severity)
    })
  }
}

/** Number -> severity; every other number below 100 is none. */
const NUMBERS = {
  otel: Object.fromEntries(Array.from({ length: 24 }, (_, i) => [i + 1, i + 1])),
  syslog: { 0: 21, 1: 19, 2: 18, 3: 17, 4: 13, 5: 10, 6: 9, 7: 5 },
  pino: { 10: 1, 20: 5, 30: 9, 40: 13, 50: 17, 60: 21 },
  python: { 10: 5, 20: 9, 30: 13, 40: 17, 50: 21 },
} as const satisfies Record<string, Record<number, number>>

for (const scale of SEVERITY_SCALES) {
  test(`the ${scale} scale is ${SCALE_RULES[scale]}`, t => {
    const known: Record<number, number> = NUMBERS[scale]
    for (let value = 0; value < 100; value++) {
      t.is(severityOfNumber(value, scale), known[value] ?? 0, String(value))
    }
    for (const value of [-1, 9.5, Number.NaN, 1e9]) t.is(severityOfNumber(value, scale), 0)
  })
}
