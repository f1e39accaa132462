/** A record, its numbers still counted from those of its batch. */
export interface ReadRecord {
  readonly offsetDelta: number
  readonly timestampDeltaMs: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  /** Several of one name are a list. */
  readonly headers: RecordHeaders
}

export type RecordHeaders = Readonly<Record<string, HeaderValue | HeaderValue[]>>
type HeaderValue = Buffer | null

/** Every part of a record takes one byte at least. */
const RECORD_BYTES_MIN = 7
const VARINT_BYTES_MAX = 10
/** More of either in one batch is not worth the memory: an empty header packs to almost nothing. */
const RECORDS_MAX = 1_000_000
const HEADERS_MAX = 1_000_000
const NO_HEADERS: RecordHeaders = Object.freeze({})

/**
 * Reads `count` records that are all there is in `bytes`; the layout is in records.ts. Keys and values
 * are views. Throws an Error that says what is wrong with which record.
 */
export function readRecords(
  bytes: Buffer,
  count: number,
  visit: (record: ReadRecord) => void,
): void {
  if (count < 0 || count * RECORD_BYTES_MIN > bytes.length) {
    throw new Error(`${count} records cannot be in ${bytes.length} bytes`)
  }
  if (count > RECORDS_MAX) throw new Error(`over ${RECORDS_MAX} records in a batch are refused`)
  const reader = new RecordReader(bytes)
  for (let i = 0; i < count; i++) {
    try {
      visit(reader.record())
    } catch (error) {
      throw new Error(`record ${i} of ${count}: ${(error as Error).message}`, { cause: error })
    }
  }
  if (reader.at < bytes.length) {
    throw new Error(`${bytes.length - reader.at} bytes follow the last of ${count} records`)
  }
}

class RecordReader {
  at = 0
  readonly #bytes: Buffer
  #headersLeft = HEADERS_MAX
  /** Of the record that is being read. */
  #end = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  record(): ReadRecord {
    this.#end = this.#bytes.length
    const length = this.#varint()
    if (length < 0 || this.at + length > this.#end) throw new Error('it reaches beyond the end')
    this.#end = this.at + length
    // Attributes: no bit of them means anything yet.
    this.at++
    const timestampDeltaMs = this.#varint()
    const offsetDelta = this.#varint()
    const key = this.#nullable('key')
    const value = this.#nullable('value')
    const headers = this.#headers()
    if (this.at !== this.#end) throw new Error('it is longer than what is in it')
    return { offsetDelta, timestampDeltaMs, key, value, headers }
  }

  #headers(): RecordHeaders {
    const count = this.#varint()
    if (count === 0) return NO_HEADERS
    if (count < 0 || this.at + 2 * count > this.#end)
      throw new Error(`it cannot have ${count} headers`)
    this.#headersLeft -= count
    if (this.#headersLeft < 0) throw new Error(`over ${HEADERS_MAX} headers in a batch are refused`)
    const headers: Record<string, HeaderValue | HeaderValue[]> = {}
    for (let i = 0; i < count; i++) {
      const name = this.#nullable('name of a header')
      if (name === null) throw new Error('a header has no name')
      add(headers, name.toString(), this.#nullable('header'))
    }
    return headers
  }

  #nullable(what: string): Buffer | null {
    const length = this.#varint()
    if (length === -1) return null
    const start = this.at
    const end = start + length
    if (length < 0 || end > this.#end) throw new Error(`its ${what} reaches beyond its end`)
    this.at = end
    return this.#bytes.subarray(start, end)
  }

  /** Zigzag. Exact up to 2^53, which no number here is over. */
  #varint(): number {
    const bytes = this.#bytes
    const first = this.at
    let value = 0
    let scale = 1
    for (let i = 0; i < VARINT_BYTES_MAX; i++) {
      if (first + i >= this.#end) break
      const byte = bytes[first + i]!
      value += (byte & 0x7f) * scale
      if (byte < 0x80) {
        this.at = first + i + 1
        return value % 2 === 0 ? value / 2 : -(value + 1) / 2
      }
      scale *= 128
    }
    throw new Error('a number in it does not end')
  }
}

function add(
  headers: Record<string, HeaderValue | HeaderValue[]>,
  name: string,
  value: HeaderValue,
): void {
  const isNew = !Object.hasOwn(headers, name)
  const before = isNew ? undefined : headers[name]
  if (Array.isArray(before)) before.push(value)
  // An assignment to this name would set the object's prototype.
  else if (name === '__proto__') {
    const own = isNew ? value : [before as HeaderValue, value]
    Object.defineProperty(headers, name, { value: own, enumerable: true, configurable: true })
  } else headers[name] = isNew ? value : [before as HeaderValue, value]
}
