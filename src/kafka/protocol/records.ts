/*
 * Records as they stand in a batch (kafka.apache.org/documentation/#record); every length is a zigzag
 * varint, -1 for null:
 *
 *   record := length attributes(int8, 0) timestampDelta offsetDelta key value count header*
 *   header := key value
 */

export type HeaderValue = Buffer | string | null | undefined

export interface WritableRecord {
  readonly key: Buffer | string | null | undefined
  readonly value: Buffer | string | null | undefined
  /** A list stands for as many headers of one name. */
  readonly headers?: Readonly<Record<string, HeaderValue | readonly HeaderValue[]>> | undefined
  /** Milliseconds since the epoch; absent = now. */
  readonly timestampMs?: number | undefined
}

/** What `writeRecords` writes, in bytes. */
export function recordsBytes(
  records: readonly WritableRecord[],
  baseMs: number,
  nowMs: number,
): number {
  let total = 0
  for (const [index, record] of records.entries()) {
    const bytes = bodyBytes(record, index, (record.timestampMs ?? nowMs) - baseMs)
    total += varintBytes(bytes) + bytes
  }
  return total
}

/** Writes the records one behind the other from `start` on; there MUST be `recordsBytes` of room. */
export function writeRecords(
  out: Buffer,
  start: number,
  records: readonly WritableRecord[],
  baseMs: number,
  nowMs: number,
): void {
  let at = start
  for (const [index, record] of records.entries()) {
    const deltaMs = (record.timestampMs ?? nowMs) - baseMs
    at = writeVarint(out, at, bodyBytes(record, index, deltaMs))
    out[at++] = 0
    at = writeVarint(out, at, deltaMs)
    at = writeVarint(out, at, index)
    at = writeBytes(out, at, record.key)
    at = writeBytes(out, at, record.value)
    const count = headerCount(record)
    at = writeVarint(out, at, count)
    if (count > 0) {
      eachHeader(record, (name, value) => {
        at = writeBytes(out, at, name)
        at = writeBytes(out, at, value)
      })
    }
  }
}

function bodyBytes(record: WritableRecord, index: number, deltaMs: number): number {
  const count = headerCount(record)
  let total = 1 + varintBytes(deltaMs) + varintBytes(index) + varintBytes(count)
  total += sizeOf(record.key) + sizeOf(record.value)
  if (count > 0) {
    eachHeader(record, (name, value) => {
      total += sizeOf(name) + sizeOf(value)
    })
  }
  return total
}

function headerCount({ headers }: WritableRecord): number {
  if (headers === undefined) return 0
  let count = 0
  for (const name in headers) {
    const value = headers[name]
    count += Array.isArray(value) ? value.length : 1
  }
  return count
}

function eachHeader(
  { headers = {} }: WritableRecord,
  visit: (name: string, value: HeaderValue) => void,
): void {
  for (const name in headers) {
    const value = headers[name] as HeaderValue | readonly HeaderValue[]
    if (Array.isArray(value)) for (const one of value as readonly HeaderValue[]) visit(name, one)
    else visit(name, value as HeaderValue)
  }
}

function sizeOf(value: HeaderValue): number {
  if (value === null || value === undefined) return 1
  const bytes = typeof value === 'string' ? Buffer.byteLength(value) : value.length
  return varintBytes(bytes) + bytes
}

function writeBytes(out: Buffer, at: number, value: HeaderValue): number {
  if (value === null || value === undefined) return writeVarint(out, at, -1)
  if (typeof value === 'string') {
    const start = writeVarint(out, at, Buffer.byteLength(value))
    return start + out.write(value, start)
  }
  const start = writeVarint(out, at, value.length)
  out.set(value, start)
  return start + value.length
}

/** Zigzag; a difference of two times may have more than 32 bits. */
function writeVarint(out: Buffer, at: number, value: number): number {
  let rest = value < 0 ? -value * 2 - 1 : value * 2
  let next = at
  while (rest > 0x7f) {
    out[next++] = (rest % 128) | 0x80
    rest = Math.floor(rest / 128)
  }
  out[next++] = rest
  return next
}

function varintBytes(value: number): number {
  let rest = value < 0 ? -value * 2 - 1 : value * 2
  let bytes = 1
  for (; rest > 0x7f; bytes++) rest = Math.floor(rest / 128)
  return bytes
}
