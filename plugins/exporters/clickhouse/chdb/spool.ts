import { randomUUID } from 'node:crypto'
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Names this process's files; another name in the directory was left by a crash. */
const PROCESS = randomUUID()
/** Counts for all spools of the process, since two exporters may share a store. */
let count = 0

/**
 * The directory beside an embedded store through which blocks go into it: binary data can only come
 * from a file. It holds a file for as long as its insert runs, and no longer.
 */
export class Spool {
  readonly #directory: string
  readonly #removals = new Set<Promise<void>>()

  /** The spool of the store at `storePath`. */
  constructor(storePath: string) {
    this.#directory = `${storePath}.tmp`
  }

  /** Makes the directory and removes what a crash has left. Only the store's owner may call this. */
  async open(): Promise<void> {
    await mkdir(this.#directory, { recursive: true, mode: 0o700 })
    const names = await readdir(this.#directory)
    const stale = names.filter(name => !name.startsWith(PROCESS))
    await Promise.all(stale.map(name => rm(join(this.#directory, name), { force: true })))
  }

  /** Puts `block` into a file and returns its path. */
  async add(block: Buffer): Promise<string> {
    const path = join(this.#directory, `${PROCESS}-${count++}.native`)
    try {
      await writeFile(path, block, { mode: 0o600 })
      return path
    } catch (error) {
      await rm(path, { force: true })
      throw error
    }
  }

  /** Removes a file once `done` has settled; what cannot be removed is swept at the next start. */
  remove(path: string, done: Promise<unknown>): void {
    const removal = done
      .catch(() => {})
      .then(() => rm(path, { force: true }))
      .catch(() => {})
      .finally(() => this.#removals.delete(removal))
    this.#removals.add(removal)
  }

  /** Waits for the removals that are under way. */
  async close(): Promise<void> {
    await Promise.all(this.#removals)
  }
}
