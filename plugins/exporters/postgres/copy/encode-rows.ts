import { anyValueText, type LogBatch, type LogColumns, readAnyValue } from '#core'
import { type Altered, withoutNul } from './altered.ts'
import { writeAttributes } from './attributes.ts'
import { CHUNK_BYTES, type ChunkPool } from './chunk-pool.ts'
import { COPY_HEADER, COPY_TRAILER, CopyWriter, type Source, sourceOf } from './copy-writer.ts'
import { LOG_COLUMN_NAMES } from './log-columns.ts'
import { SharedFields } from './shared-fields.ts'
import { writeText } from './text.ts'
import { writeTime } from './time.ts'

const LOG_ATTRIBUTES = 6
/** The fields of a row whose size is known: all before `severity_text`. */
const FIXED_BYTES_MAX = 96
const ROW_BYTES_USUAL = 4096
const HEADER = sourceOf(COPY_HEADER)
const TRAILER = sourceOf(COPY_TRAILER)
const SMALLINT_MIN = -32_768
const SMALLINT_MAX = 32_767

export interface EncodeOptions {
  /** Nanoseconds since the epoch for records that carry no time at all. */
  readonly fallbackNanos: bigint
  readonly pool: ChunkPool
  /** Counts what had to be changed. */
  readonly altered: Altered
}

/** One way of a range of records to the server. */
export interface EncodePass {
  readonly chunks: Iterable<Buffer>
  /** All is there: the chunks may be used again. */
  done(): void
  /** Nothing is there: what was changed does not count, and the chunks may still be read. */
  giveUp(): void
}

/** Turns the selected records of a batch into a binary COPY stream, chunk by chunk. */
export class RowEncoder {
  readonly #batch: LogBatch
  readonly #options: EncodeOptions
  readonly #base: RowSource
  readonly #overlay: RowSource
  readonly #shared: SharedFields
  readonly #fallbackLow: number
  readonly #fallbackHigh: number

  constructor(batch: LogBatch, options: EncodeOptions) {
    this.#batch = batch
    this.#options = options
    this.#base = { ...sourceOf(batch.bytes), columns: batch.columns }
    const { overlay } = batch
    this.#overlay = overlay ? { ...sourceOf(overlay.bytes), columns: overlay.columns } : this.#base
    this.#shared = new SharedFields(batch, this.#base, options.altered)
    this.#fallbackLow = Number(options.fallbackNanos & 0xffffffffn)
    this.#fallbackHigh = Number((options.fallbackNanos >> 32n) & 0xffffffffn)
  }

  /**
   * The stream for the selected records `from` up to, not including, `to`, counted within the
   * selection. Exactly one of `done` and `giveUp` MUST be called when it has been sent or not.
   */
  encode(from: number, to: number): EncodePass {
    const { pool, altered } = this.#options
    const used: Buffer[] = []
    const before = { ...altered }
    return {
      chunks: this.#chunks(from, to, used),
      done: () => pool.release(used),
      giveUp: () => void Object.assign(altered, before),
    }
  }

  *#chunks(from: number, to: number, used: Buffer[]): Generator<Buffer, void, undefined> {
    const { pool, altered } = this.#options
    const cursor = this.#batch.cursor()
    const out = new CopyWriter(pool.take())
    out.copy(HEADER)
    for (let i = from; i < to; i++) {
      cursor.seek(this.#batch.row(i))
      const source = cursor.columns === this.#base.columns ? this.#base : this.#overlay
      this.#writeRecord(out, source, cursor.index, altered)
      out.copy(this.#shared.of(cursor.scopeIndex))
      // Room for a row of usual size is left, so that the chunk seldom grows.
      if (out.pos < CHUNK_BYTES - ROW_BYTES_USUAL) continue
      used.push(out.bytes)
      yield out.finish()
      out.continueIn(pool.take())
    }
    out.copy(TRAILER)
    used.push(out.bytes)
    yield out.finish()
  }

  #writeRecord(out: CopyWriter, source: RowSource, at: number, altered: Altered): void {
    const { columns } = source
    out.reserve(FIXED_BYTES_MAX)
    out.view.setInt16(out.pos, LOG_COLUMN_NAMES.length)
    out.pos += 2
    this.#writeTimes(out, columns, at)
    writeId(out, source, columns.traceIdOffset[at]!, 16)
    writeId(out, source, columns.spanIdOffset[at]!, 8)
    // The low eight bits are all that W3C defines.
    writeSmallint(out, columns.flags[at]! & 0xff)
    writeSmallint(out, smallint(columns.severityNumber[at]!, altered))
    const { severityTextOffset, severityTextEnd, eventNameOffset, eventNameEnd } = columns
    writeText(out, source, severityTextOffset[at]!, severityTextEnd[at]!, altered)
    writeText(out, source, eventNameOffset[at]!, eventNameEnd[at]!, altered)
    writeBody(out, source, columns.bodyOffset[at]!, columns.bodyEnd[at]!, altered)
    const { attributesOffset, attributesEnd } = columns
    const attributes = attributesOffset[at]!
    writeAttributes(out, source, attributes, attributesEnd[at]!, LOG_ATTRIBUTES, altered)
  }

  /** timestamp: the record's time, or its observed time, or else the fallback. */
  #writeTimes(out: CopyWriter, columns: LogColumns, at: number): void {
    const low = columns.timeLow[at]!
    const high = columns.timeHigh[at]!
    const observedLow = columns.observedTimeLow[at]!
    const observedHigh = columns.observedTimeHigh[at]!
    const isObserved = observedLow !== 0 || observedHigh !== 0
    if (low !== 0 || high !== 0) writeTime(out, low, high)
    else if (isObserved) writeTime(out, observedLow, observedHigh)
    else writeTime(out, this.#fallbackLow, this.#fallbackHigh)
    if (isObserved) writeTime(out, observedLow, observedHigh)
    else {
      out.null()
      out.null()
    }
  }
}

interface RowSource extends Source {
  readonly columns: LogColumns
}

/** trace_id or span_id: absent and all-zero ids, which are invalid, are NULL. */
function writeId(out: CopyWriter, { view }: Source, offset: number, count: 8 | 16): void {
  let isZero = true
  if (offset !== 0) {
    for (let i = 0; i < count; i += 4) if (view.getInt32(offset + i) !== 0) isZero = false
  }
  if (isZero) {
    out.null()
    return
  }
  const { pos } = out
  out.view.setInt32(pos, count)
  for (let i = 0; i < count; i += 4) out.view.setInt32(pos + 4 + i, view.getInt32(offset + i))
  out.pos = pos + 4 + count
}

function writeSmallint(out: CopyWriter, value: number): void {
  out.view.setInt32(out.pos, 2)
  out.view.setInt16(out.pos + 4, value)
  out.pos += 6
}

/** A severity that is no severity of OTLP and no smallint either goes to the nearer end. */
function smallint(value: number, altered: Altered): number {
  if (value >= SMALLINT_MIN && value <= SMALLINT_MAX) return value
  altered.out_of_range++
  return value < 0 ? SMALLINT_MIN : SMALLINT_MAX
}

/** body: text as it is, other values in their text form. */
function writeBody(
  out: CopyWriter,
  source: Source,
  offset: number,
  end: number,
  altered: Altered,
): void {
  const { bytes } = source
  // Fast path: one string member that reaches to the end.
  if (offset < end && bytes[offset] === 0x0a) {
    let length = 0
    let at = offset + 1
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = bytes[at++]!
      length |= (byte & 0x7f) << shift
      if (byte < 0x80) break
    }
    if (at + length === end) {
      writeText(out, source, at, end, altered)
      return
    }
  }
  const start = out.beginField()
  out.utf8(withoutNul(anyValueText(readAnyValue(bytes, offset, end)), altered))
  out.endField(start)
}
