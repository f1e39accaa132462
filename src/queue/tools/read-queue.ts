import { type Files, realFiles } from '../log/files.ts'
import type { LotEntry, Mark } from '../log/journal-entry.ts'
import { QueueFolder } from '../log/queue-folder.ts'
import { type RecoveredLog, recoverLog } from '../log/recover-log.ts'

/** A queue's directory as it lies there, read without changing anything. */
export interface QueueFiles extends RecoveredLog {
  readonly files: Files
  readonly folder: QueueFolder
  readonly troubles: readonly string[]
}

/**
 * Reads a queue that may be in use: what is appended meanwhile may or may not be seen.
 * @throws Error when the directory is not there, or is no queue's.
 */
export async function readQueue(directory: string, files: Files = realFiles): Promise<QueueFiles> {
  const troubles: string[] = []
  const folder = new QueueFolder(files, directory, 0)
  const recovered = await recoverLog(files, folder, (message, fields) => {
    const details = Object.entries(fields).map(([name, value]) => `${name} ${String(value)}`)
    troubles.push(`${message}: ${details.join(', ')}`)
  })
  return { ...recovered, files, folder, troubles }
}

/** Records that are not delivered: up to, not including, `to`. */
export interface Undelivered {
  readonly from: Mark
  readonly to: Mark
}

/** What is being sent, then what waits, in the order of the queue. */
export function undelivered({ journal, tail }: RecoveredLog): Undelivered[] {
  const { cursor, open } = journal.state
  const lots = open.map(({ from, to }: LotEntry) => ({ from, to }))
  return [...lots, { from: cursor, to: { place: tail, record: 0 } }]
}
