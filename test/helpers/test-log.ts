import { LogReader, type Loss } from '../../src/queue/log/log-reader.ts'
import { type OpenedLog, type OpenLogOptions, openLog } from '../../src/queue/log/open-log.ts'
import type { Place } from '../../src/queue/log/place.ts'
import { decodeBody, numberRecord, prepareRecord } from '../../src/queue/log/record.ts'
import type { CrashFiles } from './crash-files.ts'

/* The log below a queue, with texts instead of batches; a segment takes a few of them. */

export const SEGMENT_BYTES = 512

export interface TestLog extends OpenedLog {
  readonly troubles: string[]
  /** Appends the texts at once, each as a batch of one record; gives where each begins. */
  readonly append: (...texts: string[]) => Promise<Place[]>
  /** Everything from `from` on: texts, and `-requests/records` for what is lost. */
  readonly readAll: (from?: Place) => Promise<string[]>
  readonly close: () => Promise<void>
}

export async function openTestLog(
  files: CrashFiles,
  options: Partial<OpenLogOptions> = {},
): Promise<TestLog> {
  const troubles: string[] = []
  const opened = await openLog({
    files,
    directory: '/q',
    segmentBytes: SEGMENT_BYTES,
    sync: true,
    onTrouble: (message, { file = '' }) => troubles.push(`${message} ${String(file)}`.trim()),
    onJournalError: error => troubles.push(String(error)),
    ...options,
  })
  const { log, salt, folder, segments, journal } = opened
  return {
    ...opened,
    troubles,
    append: async (...texts) => await Promise.all(texts.map(text => appendText(opened, text))),
    readAll: async (from = journal.cursor.place) => {
      const seen: string[] = []
      const onLost = ({ requests, records }: Loss): void => {
        seen.push(`-${requests}/${records}`)
      }
      const reader = new LogReader({ folder, segments, salt, from, tail: () => log.tail, onLost })
      for (let read = await reader.next(); read !== undefined; read = await reader.next()) {
        seen.push(decodeBody(read.bytes, 0, read.header).data.toString())
      }
      await reader.close()
      return seen
    },
    close: async () => {
      await log.close()
      await journal.close()
    },
  }
}

async function appendText({ log, salt }: OpenedLog, text: string): Promise<Place> {
  const meta = { context: { requestId: '' }, records: 1, acceptedAtUnixMs: 1 }
  const record = prepareRecord(meta, Buffer.from(text))
  numberRecord(record, log.nextSequence(), salt)
  return await new Promise((resolve, reject) => {
    log.append({ record, written: resolve, failed: reject })
  })
}

/** Flips bits of a file, on the disk as well. */
export function damage(files: CrashFiles, path: string, at: number, bytes = 1): void {
  const inode = files.names.get(path)
  if (inode === undefined) throw new Error(`${path} is not there`)
  for (const content of new Set([inode.content, inode.durable])) {
    for (let i = at; i < at + bytes; i++) content[i]! ^= 0x55
  }
}

/** Segments, by name, in order. */
export function segmentPaths(files: CrashFiles): string[] {
  return [...files.names.keys()].filter(path => path.includes('/segment-')).sort()
}
