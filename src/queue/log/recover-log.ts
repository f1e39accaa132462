import type { Files } from './files.ts'
import type { Mark } from './journal-entry.ts'
import { newJournal, type RecoveredJournal, recoverJournal } from './journal-file.ts'
import { type Place, placeAfter } from './place.ts'
import type { QueueFolder } from './queue-folder.ts'
import { recordSalt } from './record.ts'
import { decodeSegmentHeader, SEGMENT_HEADER_BYTES, type SegmentHeader } from './segment-header.ts'
import { type FoundDamage, SegmentScan } from './segment-scan.ts'
import { Segments } from './segments.ts'

/** Told what was found wrong: sentences for the operator. */
export type OnTrouble = (message: string, fields: Record<string, unknown>) => void

/** What a queue's files say, without changing them. */
export interface RecoveredLog {
  readonly journal: RecoveredJournal
  readonly salt: number
  readonly segments: Segments
  /** Segments whose header cannot be read. */
  readonly damagedHeaders: readonly number[]
  /** Behind the last good record. What follows it was never acknowledged, or is damaged. */
  readonly tail: Place
}

/**
 * Reads the headers of the segments, and the last segment only, so that a long backlog takes
 * neither time nor memory.
 * @throws Error that names the file and what to do.
 */
export async function recoverLog(
  files: Files,
  folder: QueueFolder,
  onTrouble: OnTrouble,
): Promise<RecoveredLog> {
  const { segments: numbers } = await folder.list()
  const headers = new Map<number, SegmentHeader | undefined>()
  for (const number of numbers) headers.set(number, await readHeader(files, folder, number))
  const journal = await recover(files, folder.path, headers, onTrouble)
  const salt = recordSalt(journal.queueId)
  const segments = await listSegments(headers, journal, folder, onTrouble)
  const { cursor } = journal.state
  const tail = await findTail(folder, segments, cursor, salt, onTrouble)
  const damagedHeaders = numbers.filter(number => headers.get(number) === undefined)
  return { journal, salt, segments, damagedHeaders, tail }
}

async function readHeader(
  files: Files,
  folder: QueueFolder,
  number: number,
): Promise<SegmentHeader | undefined> {
  const path = folder.segmentPath(number)
  const file = await files.openFile(path, 'read')
  try {
    const bytes = Buffer.alloc(SEGMENT_HEADER_BYTES)
    const count = await file.read(bytes, 0)
    const header = decodeSegmentHeader(bytes.subarray(0, count))
    return header?.number === number ? header : undefined
  } catch (error) {
    throw new Error(`${path} ${(error as Error).message}`, { cause: error })
  } finally {
    await file.close()
  }
}

/** The journal, or when it is gone a new one from which everything is sent again. */
async function recover(
  files: Files,
  directory: string,
  headers: ReadonlyMap<number, SegmentHeader | undefined>,
  onTrouble: OnTrouble,
): Promise<RecoveredJournal> {
  const recovered = await recoverJournal(files, directory)
  if (recovered !== undefined) return recovered
  const [first] = [...headers.values()].filter(header => header !== undefined)
  if (headers.size === 0) return newJournal()
  if (first === undefined) {
    throw new Error(
      `${directory}: neither its cursor files nor any segment can be read: parsec queue verify ${directory} tells more`,
    )
  }
  onTrouble('the cursor files cannot be read: everything in the queue is sent again', { directory })
  const place = { segment: first.number, offset: SEGMENT_HEADER_BYTES, totals: first.totals }
  return { ...newJournal(first.queueId), state: { cursor: { place, record: 0 }, open: [] } }
}

async function listSegments(
  headers: ReadonlyMap<number, SegmentHeader | undefined>,
  { queueId, state }: RecoveredJournal,
  folder: QueueFolder,
  onTrouble: OnTrouble,
): Promise<Segments> {
  const segments = new Segments()
  const salt = recordSalt(queueId)
  for (const [number, header] of headers) {
    const file = folder.segmentPath(number)
    if (header !== undefined && header.queueId !== queueId) {
      throw new Error(
        `${file} belongs to another queue (id ${header.queueId}, this one is ${queueId}): move it to a directory of its own`,
      )
    }
    let totals = header?.totals
    if (totals === undefined) {
      onTrouble('the header of a segment is damaged; its batches are looked for', { file })
      const { last } = segments
      totals =
        last === undefined
          ? state.cursor.place.totals
          : (await scanToEnd(folder, last.begin, salt, () => {})).totals
    }
    const begin = { segment: number, offset: SEGMENT_HEADER_BYTES, totals }
    segments.add({ number, begin, createdAtUnixMs: header?.createdAtUnixMs ?? 0 })
  }
  return segments
}

/** Behind the last good record. What follows it was never acknowledged, or is damaged. */
async function findTail(
  folder: QueueFolder,
  segments: Segments,
  cursor: Mark,
  salt: number,
  onTrouble: OnTrouble,
): Promise<Place> {
  const { last } = segments
  if (last === undefined || last.number < cursor.place.segment) {
    return cursor.place
  }
  const from = last.number === cursor.place.segment ? cursor.place : last.begin
  return await scanToEnd(folder, from, salt, found => {
    const file = folder.segmentPath(last.number)
    const { offset, bytes, missing: batches } = found
    onTrouble('damage in a segment is passed over', { file, offset, bytes, batches })
  })
}

async function scanToEnd(
  folder: QueueFolder,
  from: Place,
  salt: number,
  onDamage: (damage: FoundDamage) => void,
): Promise<Place> {
  const file = await folder.openSegment(from.segment, 'read')
  try {
    const end = await file.size()
    const { offset, totals } = from
    const scan = new SegmentScan({ file, salt, end, offset, sequence: totals.sequence })
    let place = from
    for (let found = await scan.next(); found !== undefined; found = await scan.next()) {
      if (found.kind === 'damage') onDamage(found)
      else place = placeAfter({ ...place, offset: found.offset }, found.header)
    }
    return place
  } finally {
    await file.close()
  }
}
