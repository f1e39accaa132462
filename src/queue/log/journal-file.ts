import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { crc32c } from '@node-rs/crc32'
import type { Files } from './files.ts'
import { decodeEntry, ENTRY_BYTES, type LotEntry, type Mark } from './journal-entry.ts'
import { assertKnownVersion, SEGMENT_HEADER_BYTES } from './segment-header.ts'

/*
 * The first 64 bytes of a cursor file:
 *
 *   0   "PCUR"
 *   4   u32  version of the format
 *   8   u64  generation: of the two files, the higher one counts
 *   16  u32  entries that make up the state at its begin
 *   20  8 bytes  id of the queue
 *   60  u32  CRC32C of what is above
 */

export const CURSOR_NAMES = ['cursor-a', 'cursor-b'] as const
export const JOURNAL_HEADER_BYTES = 64
const MAGIC = 'PCUR'
const VERSION = 1

export interface JournalState {
  readonly cursor: Mark
  readonly open: readonly LotEntry[]
}

export interface RecoveredJournal {
  readonly queueId: string
  readonly generation: number
  readonly state: JournalState
}

const BEGIN: JournalState = {
  cursor: {
    place: {
      segment: 0,
      offset: SEGMENT_HEADER_BYTES,
      totals: { sequence: 1, records: 0, bytes: 0 },
    },
    record: 0,
  },
  open: [],
}

export function encodeJournalHeader(generation: number, queueId: string, entries: number): Buffer {
  const bytes = Buffer.alloc(JOURNAL_HEADER_BYTES)
  bytes.write(MAGIC, 0, 'latin1')
  bytes.writeUInt32LE(VERSION, 4)
  bytes.writeBigUInt64LE(BigInt(generation), 8)
  bytes.writeUInt32LE(entries, 16)
  bytes.write(queueId, 20, 'hex')
  bytes.writeUInt32LE(crc32c(bytes.subarray(0, 60)), 60)
  return bytes
}

/**
 * Reads the newer of the two cursor files. Undefined when neither can be read.
 * @throws Error for a version that this program does not know.
 */
export async function recoverJournal(
  files: Files,
  folder: string,
): Promise<RecoveredJournal | undefined> {
  const names = await files.list(folder)
  let newest: RecoveredJournal | undefined
  for (const name of CURSOR_NAMES) {
    if (!names.includes(name)) continue
    const path = join(folder, name)
    const found = decodeJournal(await readWhole(files, path), path)
    if (found !== undefined && found.generation > (newest?.generation ?? 0)) newest = found
  }
  return newest
}

/** Of a queue that has no files yet. */
export function newJournal(queueId = randomBytes(8).toString('hex')): RecoveredJournal {
  return { queueId, generation: 0, state: BEGIN }
}

function decodeJournal(bytes: Buffer, path: string): RecoveredJournal | undefined {
  if (bytes.length < JOURNAL_HEADER_BYTES) return undefined
  if (crc32c(bytes.subarray(0, 60)) !== bytes.readUInt32LE(60)) return undefined
  if (bytes.toString('latin1', 0, 4) !== MAGIC) return undefined
  try {
    assertKnownVersion(bytes.readUInt32LE(4), VERSION)
  } catch (error) {
    throw new Error(`${path} ${(error as Error).message}`, { cause: error })
  }
  const generation = Number(bytes.readBigUInt64LE(8))
  const entries = bytes.readUInt32LE(16)
  const queueId = bytes.toString('hex', 20, 28)
  let cursor: Mark | undefined
  const open = new Map<number, LotEntry>()
  let count = 0
  for (let at = JOURNAL_HEADER_BYTES; ; at += ENTRY_BYTES) {
    const entry = decodeEntry(bytes.subarray(at, at + ENTRY_BYTES), generation)
    if (entry === undefined) break
    count++
    if (entry.kind === 'done') open.delete(entry.id)
    else if (entry.kind === 'begin') open.set(entry.lot.id, entry.lot)
    // The lots of the state at the begin lie before its cursor.
    if (entry.kind === 'cursor') cursor = entry.to
    else if (entry.kind === 'begin' && count > entries) cursor = entry.lot.to
  }
  // The state at its begin is not whole: it was never the file that counts.
  if (count < entries || cursor === undefined) return undefined
  return { queueId, generation, state: { cursor, open: [...open.values()] } }
}

async function readWhole(files: Files, path: string): Promise<Buffer> {
  const file = await files.openFile(path, 'read')
  try {
    const bytes = Buffer.alloc(await file.size())
    return bytes.subarray(0, await file.read(bytes, 0))
  } finally {
    await file.close()
  }
}
