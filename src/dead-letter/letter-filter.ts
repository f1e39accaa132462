import type { StoredLetter } from './read-letters.ts'

/** Which letters are meant; what is absent does not matter. */
export interface LetterFilter {
  readonly reason?: string | undefined
  /** Id of the exporter that could not deliver. */
  readonly destination?: string | undefined
  /** Given up at this time or later; milliseconds since the epoch. */
  readonly sinceMs?: number | undefined
  /** Given up before this time. */
  readonly untilMs?: number | undefined
}

export function matchesFilter(
  { metadata }: Pick<StoredLetter, 'metadata'>,
  { reason, destination, sinceMs, untilMs }: LetterFilter,
): boolean {
  const timeMs = Date.parse(metadata.time)
  return (
    (reason === undefined || metadata.reason === reason) &&
    (destination === undefined || metadata.destination === destination) &&
    (sinceMs === undefined || timeMs >= sinceMs) &&
    (untilMs === undefined || timeMs < untilMs)
  )
}
