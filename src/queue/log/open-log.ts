import type { Files } from './files.ts'
import { Journal } from './journal.ts'
import type { Place } from './place.ts'
import { QueueFolder } from './queue-folder.ts'
import { type OnTrouble, recoverLog } from './recover-log.ts'
import { SegmentLog, type SegmentLogOptions } from './segment-log.ts'
import type { Segments } from './segments.ts'

export interface OpenLogOptions {
  readonly files: Files
  readonly directory: string
  /** Least size of a segment. */
  readonly segmentBytes: number
  readonly sync: boolean
  readonly onTrouble: OnTrouble
  readonly onJournalError: (error: unknown) => void
}

/** A queue's files, recovered and open. */
export interface OpenedLog {
  readonly queueId: string
  readonly salt: number
  readonly folder: QueueFolder
  readonly segments: Segments
  readonly journal: Journal
  readonly log: SegmentLog
}

/**
 * Opens the queue in a directory, or makes one.
 * @throws Error that names the file and what to do.
 */
export async function openLog(options: OpenLogOptions): Promise<OpenedLog> {
  const { files, directory, onTrouble, sync } = options
  const folder = new QueueFolder(files, directory, options.segmentBytes)
  await files.makeFolder(directory)
  const recovered = await recoverLog(files, folder, onTrouble)
  const { salt, segments, tail } = recovered
  const { queueId } = recovered.journal
  const journal = new Journal(files, directory, recovered.journal, options.onJournalError)
  await journal.start()
  const log = new SegmentLog({
    files,
    folder,
    queueId,
    tail,
    current: await openCurrent(folder, segments, tail),
    sync,
    onSegment: (begin, createdAtUnixMs) =>
      segments.add({ number: begin.segment, begin, createdAtUnixMs }),
  })
  return { queueId, salt, folder, segments, journal, log }
}

/** The segment that the log goes on in. */
async function openCurrent(
  folder: QueueFolder,
  segments: Segments,
  tail: Place,
): Promise<SegmentLogOptions['current']> {
  if (segments.last?.number !== tail.segment) return undefined
  const file = await folder.openSegment(tail.segment, 'write')
  return { file, bytes: await file.size() }
}
