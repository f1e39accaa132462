import { Reader } from '../wire/reader.ts'
import { type AnyValue, AttributeWalk, readAnyValue, readKeyValues } from './any-value.ts'
import { anyValueText } from './any-value-text.ts'
import type { LogColumns } from './columns.ts'
import type { LogBatch } from './log-batch.ts'

/** Field numbers of KeyValue lists: LogRecord.attributes, Resource.attributes, InstrumentationScope.attributes. */
const LOG_ATTRIBUTES = 6
const RESOURCE_ATTRIBUTES = 1
const SCOPE_ATTRIBUTES = 3

/**
 * A flyweight over one record at a time. `bytes`, `columns` and `index` say where the record lies
 * (in the batch or in its overlay), for code that wants ranges; the methods give values.
 * Strings are made only when asked for; invalid UTF-8 reads as U+FFFD.
 */
export class LogCursor {
  readonly batch: LogBatch
  /** The buffer the current record's offsets point into. */
  bytes: Buffer
  /** The columns that hold the current record. */
  columns: LogColumns
  /** The current record's entry in `columns`. */
  index = 0
  /** Row of the batch. */
  row = 0

  constructor(batch: LogBatch) {
    this.batch = batch
    this.bytes = batch.bytes
    this.columns = batch.columns
  }

  /** Moves to a row of the batch; see `batch.row(i)` for the i-th selected one. */
  seek(row: number): this {
    this.row = row
    const { overlay } = this.batch
    const index = overlay === undefined ? -1 : overlay.rowOf[row]!
    if (overlay === undefined || index < 0) {
      this.bytes = this.batch.bytes
      this.columns = this.batch.columns
      this.index = row
    } else {
      this.bytes = overlay.bytes
      this.columns = overlay.columns
      this.index = index
    }
    return this
  }

  /** Index into the batch's scope table. */
  get scopeIndex(): number {
    return this.batch.columns.scope[this.row]!
  }

  /** Index into the batch's resource table. */
  get resourceIndex(): number {
    return this.batch.scopes.resource[this.scopeIndex]!
  }

  /** Nanoseconds since the epoch; 0n = unknown. */
  timeUnixNano(): bigint {
    return join(this.columns.timeHigh[this.index]!, this.columns.timeLow[this.index]!)
  }

  observedTimeUnixNano(): bigint {
    const { observedTimeHigh, observedTimeLow } = this.columns
    return join(observedTimeHigh[this.index]!, observedTimeLow[this.index]!)
  }

  severityNumber(): number {
    return this.columns.severityNumber[this.index]!
  }

  severityText(): string {
    const { severityTextOffset, severityTextEnd } = this.columns
    return this.#text(severityTextOffset, severityTextEnd)
  }

  body(): AnyValue {
    const { bodyOffset, bodyEnd } = this.columns
    return readAnyValue(this.bytes, bodyOffset[this.index]!, bodyEnd[this.index]!)
  }

  /** The body as text, whatever its type. */
  bodyText(): string {
    return anyValueText(this.body())
  }

  attributes(): Map<string, AnyValue> {
    const { attributesOffset, attributesEnd } = this.columns
    const offset = attributesOffset[this.index]!
    return readKeyValues(this.bytes, offset, attributesEnd[this.index]!, LOG_ATTRIBUTES)
  }

  /** One attribute of the record; undefined when absent. A later duplicate wins. */
  attribute(key: string): AnyValue {
    const { attributesOffset, attributesEnd } = this.columns
    const offset = attributesOffset[this.index]!
    return find(this.bytes, offset, attributesEnd[this.index]!, LOG_ATTRIBUTES, key)
  }

  resourceAttributes(): Map<string, AnyValue> {
    const { bytes, offset, end } = resourceRange(this.batch, this.resourceIndex)
    return readKeyValues(bytes, offset, end, RESOURCE_ATTRIBUTES)
  }

  resourceAttribute(key: string): AnyValue {
    const { bytes, offset, end } = resourceRange(this.batch, this.resourceIndex)
    return find(bytes, offset, end, RESOURCE_ATTRIBUTES, key)
  }

  /** Name of the instrumentation scope; '' when it has none. */
  scopeName(): string {
    return this.#scopeText(0x0a)
  }

  /** Version of the instrumentation scope; '' when it has none. */
  scopeVersion(): string {
    return this.#scopeText(0x12)
  }

  scopeAttributes(): Map<string, AnyValue> {
    const { scopes, bytes } = this.batch
    const offset = scopes.scopeOffset[this.scopeIndex]!
    return readKeyValues(bytes, offset, scopes.scopeEnd[this.scopeIndex]!, SCOPE_ATTRIBUTES)
  }

  /** 32 hex digits, or '' when absent. */
  traceId(): string {
    const offset = this.columns.traceIdOffset[this.index]!
    return offset === 0 ? '' : this.bytes.toString('hex', offset, offset + 16)
  }

  /** 16 hex digits, or '' when absent. */
  spanId(): string {
    const offset = this.columns.spanIdOffset[this.index]!
    return offset === 0 ? '' : this.bytes.toString('hex', offset, offset + 8)
  }

  flags(): number {
    return this.columns.flags[this.index]!
  }

  eventName(): string {
    return this.#text(this.columns.eventNameOffset, this.columns.eventNameEnd)
  }

  /** The string field with this tag of the InstrumentationScope; the last one counts. */
  #scopeText(wanted: number): string {
    const { scopes, bytes } = this.batch
    const end = scopes.scopeEnd[this.scopeIndex]!
    const reader = new Reader(bytes, scopes.scopeOffset[this.scopeIndex]!, end)
    let text = ''
    while (reader.pos < end) {
      const tag = reader.tag()
      if (tag !== wanted) {
        reader.skip(tag)
        continue
      }
      const stop = reader.lengthDelimited()
      text = bytes.toString('utf8', reader.pos, stop)
      reader.pos = stop
    }
    return text
  }

  #text(offset: Uint32Array, end: Uint32Array): string {
    return this.bytes.toString('utf8', offset[this.index]!, end[this.index]!)
  }
}

/** Where a resource's current message lies: in the batch, or rewritten beside it. */
export function resourceRange(
  batch: LogBatch,
  resource: number,
): { bytes: Buffer; offset: number; end: number } {
  const rewritten = batch.resourceOverlay?.get(resource)
  if (rewritten !== undefined) return { bytes: rewritten, offset: 0, end: rewritten.length }
  return {
    bytes: batch.bytes,
    offset: batch.resources.resourceOffset[resource]!,
    end: batch.resources.resourceEnd[resource]!,
  }
}

function join(high: number, low: number): bigint {
  return (BigInt(high) << 32n) | BigInt(low)
}

function find(bytes: Buffer, offset: number, end: number, field: number, key: string): AnyValue {
  const wanted = Buffer.from(key)
  const walk = new AttributeWalk(bytes, offset, end, field)
  let from = 0
  let to = 0
  while (walk.next()) {
    if (walk.keyEquals(wanted)) {
      from = walk.valueOffset
      to = walk.valueEnd
    }
  }
  return readAnyValue(bytes, from, to)
}
