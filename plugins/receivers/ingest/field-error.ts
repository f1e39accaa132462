/** What is wrong with one field of a record. */
export interface FieldError {
  /** As the sender wrote it; the usual name of what is missing; '' for the record as a whole. */
  readonly field: string
  /** What was found, shortened; null when nothing was. */
  readonly value: unknown
  /** What it must be. */
  readonly rule: string
}

const VALUE_CHARS_MAX = 100

/** The JSON value in `text` as an error shows it: short scalars as they are, the rest as its text. */
export function shownValue(text: string): unknown {
  if (text.length > VALUE_CHARS_MAX) return `${text.slice(0, VALUE_CHARS_MAX)}...`
  if (text.startsWith('{') || text.startsWith('[')) return text
  try {
    const value: unknown = JSON.parse(text)
    // What a double would show with other digits stays text.
    return typeof value === 'number' && String(value) !== text ? text : value
  } catch {
    return text
  }
}
