import { type LogBatch, type Origin, partOrigin } from '#core'

/**
 * ClickHouse refuses a block of more than 100 partitions. A partition is a day in the server's time
 * zone, so one of our days (UTC) may touch two.
 */
const INSERT_DAYS_MAX = 50
/** Below `max_insert_block_size`, so that an insert stays one block for each partition. */
const INSERT_ROWS_MAX = 1_000_000
/** Below `min_insert_block_size_bytes` (256 MiB), with room for text forms that are longer. */
const INSERT_BYTES_MAX = 160 * 1024 * 1024
/** 2^32 nanoseconds, in days. */
const DAYS_OF_HIGH = 2 ** 32 / 86_400e9

/** What goes in with one INSERT, and the identity it repeats under. */
export interface InsertPart {
  readonly batch: LogBatch
  readonly origin: Origin
}

/**
 * Cuts a batch into parts that each fit one INSERT. Depends on the records alone, so that a
 * repetition is cut at the same places.
 */
export function splitBatch(batch: LogBatch, origin: Origin, limits = LIMITS): InsertPart[] {
  const parts = splitByDays(batch, limits.days).flatMap(part => splitBySize(part, limits))
  if (parts.length === 1) return [{ batch: parts[0]!, origin }]
  return parts.map((part, index) => ({ batch: part, origin: partOrigin(origin, index) }))
}

/** Cuts a part in two by position, for a server whose partitions are finer than ours. */
export function halve({ batch, origin }: InsertPart): InsertPart[] {
  const middle = Math.ceil(batch.count / 2)
  return [
    { batch: batch.slice(0, middle), origin: partOrigin(origin, 0) },
    { batch: batch.slice(middle, batch.count), origin: partOrigin(origin, 1) },
  ]
}

const LIMITS = { days: INSERT_DAYS_MAX, rows: INSERT_ROWS_MAX, bytes: INSERT_BYTES_MAX }

type InsertLimits = typeof LIMITS

function splitByDays(batch: LogBatch, daysMax: number): LogBatch[] {
  // Fast path: nearly every batch lies within a few days.
  const [first, last] = dayRange(batch)
  if (last - first < daysMax) return [batch]
  const partOfDay = new Map<number, number>()
  const rowsOfPart: number[][] = []
  const cursor = batch.cursor()
  for (let i = 0; i < batch.count; i++) {
    const row = batch.row(i)
    const day = dayOf(cursor.seek(row))
    let part = partOfDay.get(day)
    if (part === undefined) {
      part = Math.floor(partOfDay.size / daysMax)
      partOfDay.set(day, part)
    }
    const rows = (rowsOfPart[part] ??= [])
    rows.push(row)
  }
  if (rowsOfPart.length === 1) return [batch]
  return rowsOfPart.map(rows => batch.with({ selection: Uint32Array.from(rows) }))
}

/** First and last day; a record without any time counts as 1970. */
function dayRange(batch: LogBatch): readonly [number, number] {
  const cursor = batch.cursor()
  let first = Number.POSITIVE_INFINITY
  let last = Number.NEGATIVE_INFINITY
  for (let i = 0; i < batch.count; i++) {
    const day = dayOf(cursor.seek(batch.row(i)))
    if (day < first) first = day
    if (day > last) last = day
  }
  return [first, last]
}

/** The day of a record, as good as 4.3 seconds: a record that is off by one only splits earlier. */
function dayOf({ columns, index }: ReturnType<LogBatch['cursor']>): number {
  const low = columns.timeLow[index]!
  const high = columns.timeHigh[index]!
  const chosen = low === 0 && high === 0 ? columns.observedTimeHigh[index]! : high
  return Math.floor((chosen | 0) * DAYS_OF_HIGH)
}

function splitBySize(batch: LogBatch, limits: InsertLimits): LogBatch[] {
  const sizeOf = rowSizes(batch)
  const parts: LogBatch[] = []
  let from = 0
  let bytes = 0
  for (let i = 0; i < batch.count; i++) {
    const size = sizeOf(i)
    if (i > from && (i - from >= limits.rows || bytes + size > limits.bytes)) {
      parts.push(batch.slice(from, i))
      from = i
      bytes = 0
    }
    bytes += size
  }
  parts.push(batch.slice(from, batch.count))
  return parts
}

/** The bytes of the i-th record with its resource and scope: about what its row takes. */
function rowSizes(batch: LogBatch): (i: number) => number {
  const cursor = batch.cursor()
  const { resources, scopes } = batch
  return i => {
    const { columns, index, scopeIndex, resourceIndex } = cursor.seek(batch.row(i))
    const rewritten = batch.resourceOverlay?.get(resourceIndex)
    const resource =
      rewritten?.length ??
      resources.resourceEnd[resourceIndex]! - resources.resourceOffset[resourceIndex]!
    const scope = scopes.scopeEnd[scopeIndex]! - scopes.scopeOffset[scopeIndex]!
    return columns.end[index]! - columns.offset[index]! + resource + scope
  }
}
