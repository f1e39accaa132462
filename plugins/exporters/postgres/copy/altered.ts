/** Why a value was stored with a change: PostgreSQL cannot hold it as it came. */
export type AlterReason = 'nul' | 'invalid_utf8' | 'out_of_range' | 'too_long'

/** How many values of a batch were changed, by reason. */
export type Altered = Record<AlterReason, number>

export function nothingAltered(): Altered {
  return { nul: 0, invalid_utf8: 0, out_of_range: 0, too_long: 0 }
}

/** Stands for a NUL byte, which no text of PostgreSQL may hold: SYMBOL FOR NULL. */
const NUL_SYMBOL = '\u2400'

/** Text with every NUL made visible. */
export function withoutNul(text: string, altered: Altered): string {
  if (!text.includes('\0')) return text
  altered.nul++
  return text.replaceAll('\0', NUL_SYMBOL)
}
