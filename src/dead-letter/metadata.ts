import { z } from 'zod'
import type { DeadLetter } from './letter.ts'

/** What an entry of the store says of its records; JSON, with the names that `show` prints. */
export const letterMetadata = z.object({
  /** ISO 8601. */
  time: z.iso.datetime(),
  destination: z.string(),
  pipelines: z.array(z.string()),
  reason: z.string(),
  code: z.string(),
  message: z.string(),
  origin: z.string(),
  request_id: z.string(),
  /** When the exporter first had them, ISO 8601: the time of records without one. */
  received_at: z.iso.datetime().optional(),
  /** Log records in the entry. */
  records: z.number().int().nonnegative(),
  /** How many of them were refused, when nobody knows which. */
  rejected: z.number().int().positive().optional(),
})

export type LetterMetadata = z.output<typeof letterMetadata>

export function metadataOf(letter: DeadLetter): LetterMetadata {
  const { records, rejectedCount } = letter
  const { requestId, receivedAtUnixMs } = records.context
  return {
    time: new Date(letter.timeMs).toISOString(),
    destination: letter.destination,
    pipelines: [...letter.pipelines],
    reason: letter.reason,
    code: letter.code,
    message: letter.message,
    origin: letter.origin,
    request_id: requestId,
    ...(receivedAtUnixMs === undefined
      ? {}
      : { received_at: new Date(receivedAtUnixMs).toISOString() }),
    records: records.count,
    ...(rejectedCount === undefined ? {} : { rejected: rejectedCount }),
  }
}

/** One sentence for an entry that is no list of refused records; undefined for one that is. */
export function partialNote({ records, rejected }: LetterMetadata): string | undefined {
  if (rejected === undefined) return undefined
  return `rejected ${rejected} of ${records}, the destination did not say which`
}
