import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { crc32c } from '@node-rs/crc32'
import { type LetterMetadata, letterMetadata } from './metadata.ts'

/*
 * A file of dead letters. First a line of text:
 *
 *   parsec dead letters 1 <marker> <pid> <host>\n
 *
 * then entries, all integers little-endian:
 *
 *   marker            8 bytes, the same for all entries of the file
 *   payload length    uint32
 *   CRC32C            uint32, of the payload
 *   payload           uint32 length of the metadata, the metadata (JSON), an ExportLogsServiceRequest
 *
 * The marker is where reading goes on behind a damaged entry. It is random, so that no sender can
 * put an entry into the text of a record.
 */

const TITLE = 'parsec dead letters 1'
const HEADER = /^parsec dead letters 1 ([0-9a-f]{16}) (\d{1,10}) ([!-~]{1,255})\n/
const HEADER_BYTES_MAX = 512
const MARKER_BYTES = 8
/** Marker, length, CRC. */
export const ENTRY_OVERHEAD: number = MARKER_BYTES + 8

/** A letter that is larger cannot be kept; no receiver takes a request that large. */
const PAYLOAD_BYTES_MAX: number = 1024 ** 3

export interface FileHeader {
  readonly marker: Buffer
  /** Who writes, or wrote, the file. */
  readonly pid: number
  readonly host: string
  /** Where the first entry begins. */
  readonly length: number
}

/** The first line of a file of this process. */
export function createHeader(): { readonly header: FileHeader; readonly bytes: Buffer } {
  const marker = randomBytes(MARKER_BYTES)
  const host = hostname().replace(/[^!-~]/g, '_') || '_'
  const bytes = Buffer.from(`${TITLE} ${marker.toString('hex')} ${process.pid} ${host}\n`)
  return { header: { marker, pid: process.pid, host, length: bytes.length }, bytes }
}

/** Undefined when the file does not begin as a file of dead letters does. */
export function readHeader(file: Buffer): FileHeader | undefined {
  const match = HEADER.exec(file.toString('latin1', 0, HEADER_BYTES_MAX))
  if (match === null) return undefined
  const [line, marker, pid, host] = match
  return {
    marker: Buffer.from(marker!, 'hex'),
    pid: Number(pid),
    host: host!,
    length: line.length,
  }
}

/** What an entry holds. Throws RangeError when it is too large. */
export function encodePayload(metadata: LetterMetadata, logs: Buffer): Buffer {
  const json = Buffer.from(JSON.stringify(metadata))
  const length = 4 + json.length + logs.length
  if (length > PAYLOAD_BYTES_MAX) throw new RangeError(`${length} bytes are too many`)
  const payload = Buffer.allocUnsafe(length)
  payload.writeUInt32LE(json.length)
  json.copy(payload, 4)
  logs.copy(payload, 4 + json.length)
  return payload
}

/** A whole entry of the file with this header. */
export function encodeEntry({ marker }: FileHeader, payload: Buffer): Buffer {
  const head = Buffer.allocUnsafe(ENTRY_OVERHEAD)
  marker.copy(head)
  head.writeUInt32LE(payload.length, MARKER_BYTES)
  head.writeUInt32LE(crc32c(payload), MARKER_BYTES + 4)
  return Buffer.concat([head, payload])
}

export interface Entry {
  /** Of its marker, in the file. */
  readonly offset: number
  readonly end: number
  readonly metadata: LetterMetadata
  /** ExportLogsServiceRequest; shares the file's memory. */
  readonly logs: Buffer
}

/** What a file holds. */
export interface FileContent {
  readonly entries: readonly Entry[]
  /** Stretches that are no entry and lie before one, or at the end without looking torn. */
  readonly damaged: number
  /** Where an entry begins that was never written to its end; undefined when there is none. */
  readonly tornAt: number | undefined
}

/** Reads all entries of a file whose header is `header`. Never throws, whatever the bytes are. */
export function readEntries(file: Buffer, header: FileHeader): FileContent {
  const entries: Entry[] = []
  let damaged = 0
  let at = header.length
  while (at < file.length) {
    const entry = entryAt(file, at, header)
    if (entry !== undefined) {
      entries.push(entry)
      at = entry.end
      continue
    }
    const next = nextEntry(file, at + 1, header)
    if (next === undefined) {
      const tornAt = tornFrom(file, at, header)
      return { entries, damaged: tornAt === at ? damaged : damaged + 1, tornAt }
    }
    damaged++
    entries.push(next)
    at = next.end
  }
  return { entries, damaged, tornAt: undefined }
}

function nextEntry(file: Buffer, from: number, header: FileHeader): Entry | undefined {
  let at = file.indexOf(header.marker, from)
  while (at >= 0) {
    const entry = entryAt(file, at, header)
    if (entry !== undefined) return entry
    at = file.indexOf(header.marker, at + 1)
  }
  return undefined
}

function entryAt(file: Buffer, at: number, { marker }: FileHeader): Entry | undefined {
  if (file.length - at < ENTRY_OVERHEAD + 4 || !hasMarker(file, at, marker)) return undefined
  const length = file.readUInt32LE(at + MARKER_BYTES)
  const start = at + ENTRY_OVERHEAD
  const end = start + length
  if (length < 4 || length > PAYLOAD_BYTES_MAX || end > file.length) return undefined
  const payload = file.subarray(start, end)
  if (crc32c(payload) !== file.readUInt32LE(at + MARKER_BYTES + 4)) return undefined
  const metadataEnd = 4 + payload.readUInt32LE(0)
  if (metadataEnd > length) return undefined
  const metadata = readMetadata(payload.subarray(4, metadataEnd))
  if (metadata === undefined) return undefined
  return { offset: at, end, metadata, logs: payload.subarray(metadataEnd) }
}

function hasMarker(file: Buffer, at: number, marker: Buffer): boolean {
  return marker.compare(file, at, at + MARKER_BYTES) === 0
}

function readMetadata(json: Buffer): LetterMetadata | undefined {
  try {
    return letterMetadata.safeParse(JSON.parse(json.toString())).data
  } catch {
    return undefined
  }
}

/** Where a torn write begins in the rest of a file, in which there is no entry. */
function tornFrom(file: Buffer, from: number, header: FileHeader): number | undefined {
  let at = from
  while (at >= 0) {
    if (isTorn(file, at, header)) return at
    at = file.indexOf(header.marker, at + 1)
  }
  return undefined
}

/** Is what begins here and goes to the end of the file a write that was cut off? */
function isTorn(file: Buffer, at: number, { marker }: FileHeader): boolean {
  const rest = file.subarray(at)
  // A file system may have made room and not written it.
  if (rest.every(byte => byte === 0)) return true
  const known = Math.min(rest.length, MARKER_BYTES)
  if (marker.compare(rest, 0, known, 0, known) !== 0) return false
  if (rest.length < ENTRY_OVERHEAD) return true
  return rest.readUInt32LE(MARKER_BYTES) > rest.length - ENTRY_OVERHEAD
}
