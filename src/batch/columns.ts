/**
 * Where each record of a signal lies in the batch's bytes. One entry per record, in wire order.
 * Offsets count bytes; an `Offset` of 0 means "absent", since no payload can begin at byte 0.
 */
export interface RecordColumns {
  readonly count: number
  /** The record's tag byte, so that `start[i] .. end[i]` can be copied as it is. */
  readonly start: Uint32Array
  /** First byte of the record message, after tag and length. */
  readonly offset: Uint32Array
  /** One past the record's last byte. */
  readonly end: Uint32Array
  /** Index into the batch's scope table. */
  readonly scope: Uint32Array
}

/**
 * The columns of log records. Times are nanoseconds since the epoch, split into halves so that no
 * BigInt is made. Ranges are `Offset` up to, not including, `End`.
 */
export interface LogColumns extends RecordColumns {
  readonly timeLow: Uint32Array
  readonly timeHigh: Uint32Array
  readonly observedTimeLow: Uint32Array
  readonly observedTimeHigh: Uint32Array
  readonly severityNumber: Int32Array
  readonly severityTextOffset: Uint32Array
  readonly severityTextEnd: Uint32Array
  /** The AnyValue message of the body. */
  readonly bodyOffset: Uint32Array
  readonly bodyEnd: Uint32Array
  /**
   * From the tag of the first attribute to the end of the last. Other fields may lie between them:
   * walk with `AttributeWalk`, which skips those.
   */
  readonly attributesOffset: Uint32Array
  readonly attributesEnd: Uint32Array
  readonly attributesCount: Uint32Array
  /** 16 bytes, or absent. */
  readonly traceIdOffset: Uint32Array
  /** 8 bytes, or absent. */
  readonly spanIdOffset: Uint32Array
  readonly flags: Uint32Array
  readonly eventNameOffset: Uint32Array
  readonly eventNameEnd: Uint32Array
}

/** Bytes of column memory that one log record takes. */
export const LOG_COLUMN_BYTES = 21 * 4

/** Zeroed columns for `count` records, in one allocation. */
export function createLogColumns(count: number): LogColumns {
  const memory = new ArrayBuffer(count * LOG_COLUMN_BYTES)
  let at = 0
  const next = (): Uint32Array => {
    const column = new Uint32Array(memory, at, count)
    at += count * 4
    return column
  }
  return {
    count,
    start: next(),
    offset: next(),
    end: next(),
    scope: next(),
    timeLow: next(),
    timeHigh: next(),
    observedTimeLow: next(),
    observedTimeHigh: next(),
    severityNumber: new Int32Array(memory, next().byteOffset, count),
    severityTextOffset: next(),
    severityTextEnd: next(),
    bodyOffset: next(),
    bodyEnd: next(),
    attributesOffset: next(),
    attributesEnd: next(),
    attributesCount: next(),
    traceIdOffset: next(),
    spanIdOffset: next(),
    flags: next(),
    eventNameOffset: next(),
    eventNameEnd: next(),
  }
}

/**
 * The envelopes around the records, for any signal: `ResourceLogs`/`ResourceSpans`/... and
 * `ScopeLogs`/`ScopeSpans`/... have the same field numbers (resource or scope 1, children 2,
 * schema_url 3). One entry per envelope, in wire order. Absent ranges have `Offset` 0.
 */
export interface ResourceTable {
  readonly count: number
  /** The envelope message: everything inside one ResourceLogs. */
  readonly offset: Uint32Array
  readonly end: Uint32Array
  /** The Resource message. */
  readonly resourceOffset: Uint32Array
  readonly resourceEnd: Uint32Array
  readonly schemaUrlOffset: Uint32Array
  readonly schemaUrlEnd: Uint32Array
}

export interface ScopeTable {
  readonly count: number
  readonly offset: Uint32Array
  readonly end: Uint32Array
  /** Index into the resource table. */
  readonly resource: Uint32Array
  /** The InstrumentationScope message. */
  readonly scopeOffset: Uint32Array
  readonly scopeEnd: Uint32Array
  readonly schemaUrlOffset: Uint32Array
  readonly schemaUrlEnd: Uint32Array
}

export function createResourceTable(count: number): ResourceTable {
  const column = (): Uint32Array => new Uint32Array(count)
  return {
    count,
    offset: column(),
    end: column(),
    resourceOffset: column(),
    resourceEnd: column(),
    schemaUrlOffset: column(),
    schemaUrlEnd: column(),
  }
}

export function createScopeTable(count: number): ScopeTable {
  const column = (): Uint32Array => new Uint32Array(count)
  return {
    count,
    offset: column(),
    end: column(),
    resource: column(),
    scopeOffset: column(),
    scopeEnd: column(),
    schemaUrlOffset: column(),
    schemaUrlEnd: column(),
  }
}
