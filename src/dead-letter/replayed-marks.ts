import { open, readFile } from 'node:fs/promises'
import { marksPath, syncDirectory } from './directory.ts'

/*
 * Beside each file of dead letters, which of its entries have been replayed: one line each,
 *
 *   <offset> <time, ISO 8601> <id of the exporter that took it>
 *
 * A line that a crash has cut is no mark: its entry is replayed again, under the same origin.
 */

export interface Mark {
  readonly time: string
  readonly exporter: string
}

const LINE = /^(\d{1,15}) (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) (\S+)$/

/** The marks of the file `name`, by the offset of the entry. */
export async function readMarks(directory: string, name: string): Promise<Map<number, Mark>> {
  const text = await readFile(marksPath(directory, name), 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw error
  })
  // The last piece has no line end: it is empty, or torn.
  const lines = text.split('\n').slice(0, -1)
  return new Map(
    lines.flatMap(line => {
      const match = LINE.exec(line)
      return match === null ? [] : [[Number(match[1]), { time: match[2]!, exporter: match[3]! }]]
    }),
  )
}

/** Marks an entry as replayed; resolves when the mark is safe against a power cut. */
export async function addMark(
  directory: string,
  name: string,
  offset: number,
  { time, exporter }: Mark,
): Promise<void> {
  const handle = await open(marksPath(directory, name), 'a', 0o600)
  try {
    // The line end in front separates it from what a crash may have cut.
    await handle.write(`\n${offset} ${time} ${exporter}\n`)
    await handle.datasync()
  } finally {
    await handle.close()
  }
  await syncDirectory(directory)
}
