import type { Dirent } from 'node:fs'
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { readEntries, readHeader } from './entry-format.ts'

/*
 * A directory of dead letters holds, for each file that a process has written:
 *
 *   <name>.open       being written, or left behind by a crash
 *   <name>.letters    complete
 *   <name>.done       complete, and every entry has been replayed: may be deleted to make room
 *   <name>.replayed   which entries have been replayed
 *
 * Every process writes files of its own, so that several can share a directory.
 */

export type LetterState = 'open' | 'letters' | 'done'

export interface LetterFileName {
  /** Unique in the directory. */
  readonly name: string
  readonly state: LetterState
}

/** Files that this process is writing, of all its stores. */
const ownFiles = new Set<string>()

/** Says that this process writes the file, or does no more. */
export function setOwnFile(name: string, isOwn: boolean): void {
  if (isOwn) ownFiles.add(name)
  else ownFiles.delete(name)
}

const FILE = /^(\d{8}T\d{9}Z-[0-9a-f]{8})\.(open|letters|done|replayed)$/

export function pathOf(directory: string, { name, state }: LetterFileName): string {
  return join(directory, `${name}.${state}`)
}

export function marksPath(directory: string, name: string): string {
  return join(directory, `${name}.replayed`)
}

/** Makes the directory, for its owner only, and makes that survive a power cut. */
export async function makeDirectory(directory: string): Promise<void> {
  const first = await mkdir(directory, { recursive: true, mode: 0o700 })
  if (first !== undefined) await syncDirectory(join(first, '..'))
  await syncDirectory(directory)
}

/**
 * The files of dead letters, oldest first; none when the directory does not exist. Throws an Error
 * that names what does not belong there.
 */
export async function listLetters(directory: string): Promise<LetterFileName[]> {
  const found = await listDirectory(directory)
  const strange = found.find(entry => !entry.isFile() || !FILE.test(entry.name))
  if (strange !== undefined) {
    throw new Error(
      `"${strange.name}" in ${directory} is not Parsec's: give dead letters a directory of their own`,
    )
  }
  const names = new Map<string, LetterState>()
  for (const { name: file } of found) {
    const [, name, state] = FILE.exec(file)!
    if (state !== 'replayed') names.set(name!, state as LetterState)
  }
  return [...names]
    .map(([name, state]) => ({ name, state }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}

async function listDirectory(directory: string): Promise<Dirent[]> {
  try {
    return await readdir(directory, { withFileTypes: true })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

/** Bytes of everything in the directory. */
export async function usedBytes(directory: string): Promise<number> {
  const sizes = (await listDirectory(directory)).map(async ({ name }) => {
    // Another process may have renamed or removed it.
    const found = await stat(join(directory, name)).catch(() => undefined)
    return found?.size ?? 0
  })
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)
}

/** Deletes what has been replayed whole. */
export async function deleteDone(directory: string): Promise<void> {
  for (const file of await listLetters(directory)) {
    if (file.state !== 'done') continue
    await rm(pathOf(directory, file), { force: true })
    await rm(marksPath(directory, file.name), { force: true })
  }
}

/** Gives a file another state, so that it survives a power cut. */
export async function changeState(
  directory: string,
  file: LetterFileName,
  state: LetterState,
): Promise<void> {
  await rename(pathOf(directory, file), pathOf(directory, { name: file.name, state }))
  await syncDirectory(directory)
}

/** What was found when the files of crashed processes were closed in their place. */
export interface Repair {
  readonly files: number
  /** Bytes of an entry that was not written to its end, and so never acknowledged. */
  readonly cutBytes: number
}

/** Cuts torn entries off files whose writer is gone, and closes them. */
export async function repairCrashed(directory: string): Promise<Repair> {
  let files = 0
  let cutBytes = 0
  for (const file of await listLetters(directory)) {
    if (file.state !== 'open' || ownFiles.has(file.name)) continue
    const cut = await repairFile(directory, file)
    if (cut === undefined) continue
    files++
    cutBytes += cut
  }
  return { files, cutBytes }
}

/** Bytes cut off; undefined when the writer may be alive, or is unknown. */
async function repairFile(directory: string, file: LetterFileName): Promise<number | undefined> {
  const path = pathOf(directory, file)
  const bytes = await readFile(path).catch(() => undefined)
  const header = bytes && readHeader(bytes)
  if (!bytes || !header) return undefined
  if (header.host !== hostname() || isAlive(header.pid)) return undefined
  const { tornAt } = readEntries(bytes, header)
  if (tornAt !== undefined) {
    const handle = await open(path, 'r+')
    try {
      await handle.truncate(tornAt)
      await handle.datasync()
    } finally {
      await handle.close()
    }
  }
  await changeState(directory, file, 'letters')
  return tornAt === undefined ? 0 : bytes.length - tornAt
}

/** Our own id in the file of another process: it had the id before us. */
function isAlive(pid: number): boolean {
  if (pid === process.pid) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
