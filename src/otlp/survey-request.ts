import { prefetch } from '../wire/prefetch.ts'
import { Reader } from '../wire/reader.ts'
import { WireError } from '../wire/wire-error.ts'

/** How many envelopes and records there are. */
export interface Counts {
  readonly resources: number
  readonly scopes: number
  readonly records: number
}

export const NOTHING: Counts = { resources: 0, scopes: 0, records: 0 }

/** How much one request holds, found by hopping from length to length. */
export interface Survey extends Counts {
  /** A Resource or InstrumentationScope comes twice in one envelope: protobuf says to merge them. */
  readonly duplicated: boolean
}

/**
 * The most envelopes and records in one request. An empty record takes two bytes on the wire and
 * about ninety in columns, so without a bound 64 MiB could ask for 3 GiB.
 */
export const RECORDS_MAX = 1_000_000

/** How far ahead bytes are brought in: many records, and a small part of the fastest cache. */
const PREFETCH_BYTES = 4096

/** Thrown when a request holds more than RECORDS_MAX records or envelopes. */
export class TooManyRecordsError extends Error {
  override readonly name = 'TooManyRecordsError'
}

/**
 * Counts the envelopes and records of an Export*ServiceRequest of any signal (they have the same
 * shape) and checks their lengths. Throws WireError and TooManyRecordsError.
 */
export function surveyRequest(bytes: Uint8Array): Survey {
  const reader = new Reader(bytes)
  let resources = 0
  let scopes = 0
  let records = 0
  let duplicated = false
  let fetched = 0
  let path = 'resource_logs'
  try {
    while (reader.pos < bytes.length) {
      const envelope = enter(reader, 1, bytes.length)
      if (envelope === 0) continue
      if (++resources > RECORDS_MAX) throw tooMany(resources)
      let singles = 0
      while (reader.pos < envelope) {
        const scope = enter(reader, 2, envelope)
        if (scope < 0) singles++
        if (scope <= 0) continue
        if (++scopes > RECORDS_MAX) throw tooMany(scopes)
        path = 'resource_logs.scope_logs'
        let scopeSingles = 0
        while (reader.pos < scope) {
          // A body that another thread or the kernel has written lies in no cache of ours yet.
          if (reader.pos >= fetched) {
            fetched = Math.min(reader.pos + PREFETCH_BYTES, bytes.length)
            prefetch(bytes, reader.pos, fetched)
          }
          const record = enter(reader, 2, scope)
          if (record < 0) scopeSingles++
          if (record <= 0) continue
          if (++records > RECORDS_MAX) throw tooMany(records)
          reader.pos = record
        }
        if (scopeSingles > 1) duplicated = true
        path = 'resource_logs'
      }
      if (singles > 1) duplicated = true
    }
  } catch (error) {
    throw error instanceof WireError ? error.within(path) : error
  }
  return { resources, scopes, records, duplicated }
}

const NAMES = ['', 'resource or scope', 'children', 'schema_url']

/**
 * Reads one field inside a message that ends at `end`. For the field numbered `child` returns where
 * its payload ends, and leaves the reader at its start; every other field is skipped, and the
 * answer is -1 for field 1 (the resource or scope), 0 for the rest.
 */
function enter(reader: Reader, child: number, end: number): number {
  reader.end = end
  const at = reader.pos
  const tag = reader.tag()
  const field = tag >>> 3
  if (field <= 3 && (child === 2 || field === 1) && (tag & 7) !== 2) {
    throw new WireError(`wire type is ${tag & 7}, must be 2`, at, NAMES[field])
  }
  if (field !== child) {
    reader.skip(tag)
    return field === 1 ? -1 : 0
  }
  return reader.lengthDelimited()
}

function tooMany(count: number): TooManyRecordsError {
  return new TooManyRecordsError(
    `request holds at least ${count} records or envelopes, at most ${RECORDS_MAX} are taken at once`,
  )
}
