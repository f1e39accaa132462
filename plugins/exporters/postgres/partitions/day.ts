export const DAY_MS = 86_400_000

/** A day in UTC, as the count of days since 1970. */
export type Day = number

export function dayOf(ms: number): Day {
  return Math.floor(ms / DAY_MS)
}

/** When the day begins, for SQL. */
export function beginOf(day: Day): string {
  return `${isoDate(day)} 00:00:00+00`
}

/** `otel_logs_p20261126`, as pg_partman names them. */
export function partitionName(table: string, day: Day): string {
  return `${table}_p${isoDate(day).replaceAll('-', '')}`
}

/** The day of a partition that we have named; undefined for any other name. */
export function dayOfPartition(table: string, name: string): Day | undefined {
  const digits = name.startsWith(`${table}_p`) ? name.slice(table.length + 2) : ''
  const match = /^(\d{4})(\d{2})(\d{2})$/.exec(digits)
  if (match === null) return undefined
  const day = dayOf(Date.parse(`${match[1]}-${match[2]}-${match[3]}T00:00:00Z`))
  // No date, or one that JavaScript has corrected, such as the 31st of June.
  return Number.isNaN(day) || partitionName(table, day) !== name ? undefined : day
}

export function defaultName(table: string): string {
  return `${table}_default`
}

function isoDate(day: Day): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10)
}
