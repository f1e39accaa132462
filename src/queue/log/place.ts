/** What has been appended up to some place, since the queue was made. */
export interface LogTotals {
  /** Of the record that comes next. */
  readonly sequence: number
  /** Log records. */
  readonly records: number
  /** Of whole records in the segments, headers included. */
  readonly bytes: number
}

/** Between two records of the log. */
export interface Place {
  /** Number of the segment. */
  readonly segment: number
  /** Where in it the next record begins, in bytes. */
  readonly offset: number
  readonly totals: LogTotals
}

/** Behind a record that begins at `place`. */
export function placeAfter(
  { segment, offset, totals }: Place,
  record: { readonly bytes: number; readonly records: number; readonly sequence: number },
): Place {
  return {
    segment,
    offset: offset + record.bytes,
    totals: {
      sequence: record.sequence + 1,
      records: totals.records + record.records,
      bytes: totals.bytes + record.bytes,
    },
  }
}

export function isBehind(place: Place, other: Place): boolean {
  if (place.segment !== other.segment) return place.segment > other.segment
  return place.offset > other.offset
}
