import { readFile } from 'node:fs/promises'
import { changeState, type LetterFileName, listLetters, pathOf } from './directory.ts'
import { type Entry, readEntries, readHeader } from './entry-format.ts'
import { type Mark, readMarks } from './replayed-marks.ts'

/** An entry of a directory of dead letters. */
export interface StoredLetter extends Entry {
  /** `<file>-<offset>`, as `ls` shows it. */
  readonly id: string
  readonly directory: string
  /** Name of its file. */
  readonly file: string
  /** Undefined when it has not been replayed. */
  readonly replayed: Mark | undefined
}

/** One file, read. */
export interface LetterFileContent {
  readonly letters: readonly StoredLetter[]
  /** Sentences about what could not be read. */
  readonly troubles: readonly string[]
}

/**
 * Reads the files of a directory one after the other, oldest first; a process may be writing there.
 * Throws an Error for a directory that is not one of dead letters.
 */
export async function* readLetters(directory: string): AsyncGenerator<LetterFileContent> {
  for (const file of await listLetters(directory)) yield await readLetterFile(directory, file)
}

async function readLetterFile(directory: string, file: LetterFileName): Promise<LetterFileContent> {
  const bytes = await readWhole(directory, file)
  // It was replayed and deleted in the meantime.
  if (bytes === undefined) return { letters: [], troubles: [] }
  const path = pathOf(directory, file)
  const header = readHeader(bytes)
  if (header === undefined) {
    // A crash right after the file was made leaves an empty one.
    const isNew = file.state === 'open' && !bytes.includes('\n')
    return { letters: [], troubles: isNew ? [] : [`${path} is no file of dead letters`] }
  }
  const { entries, damaged, tornAt } = readEntries(bytes, header)
  const troubles: string[] = []
  if (damaged > 0) troubles.push(`${path}: ${damaged} damaged places were skipped`)
  // What is being written looks torn, too.
  if (tornAt !== undefined && file.state !== 'open') {
    troubles.push(`${path}: the last entry was not written to its end`)
  }
  const marks = await readMarks(directory, file.name)
  const letters = entries.map(entry => ({
    ...entry,
    id: `${file.name}-${entry.offset}`,
    directory,
    file: file.name,
    replayed: marks.get(entry.offset),
  }))
  return { letters, troubles }
}

/** Its writer may close it, or a replay end it, between the listing and the reading. */
async function readWhole(directory: string, file: LetterFileName): Promise<Buffer | undefined> {
  for (const state of [file.state, 'letters', 'done'] as const) {
    try {
      return await readFile(pathOf(directory, { name: file.name, state }))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
  }
  return undefined
}

/** Marks files of which every entry has been replayed, so that they make room when it is needed. */
export async function endReplayedFiles(directory: string): Promise<void> {
  for (const file of await listLetters(directory)) {
    if (file.state !== 'letters') continue
    const { letters, troubles } = await readLetterFile(directory, file)
    if (troubles.length > 0 || letters.some(({ replayed }) => replayed === undefined)) continue
    await changeState(directory, file, 'done')
  }
}
