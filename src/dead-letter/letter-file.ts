import { randomBytes } from 'node:crypto'
import { type FileHandle, open, rm } from 'node:fs/promises'
import { changeState, type LetterFileName, pathOf, setOwnFile, syncDirectory } from './directory.ts'
import { createHeader, type FileHeader } from './entry-format.ts'

/** A new file of dead letters, written by this process alone. Calls MUST NOT overlap. */
export class LetterFile {
  readonly header: FileHeader
  readonly #directory: string
  readonly #file: LetterFileName
  readonly #handle: FileHandle
  #size: number

  private constructor(
    directory: string,
    file: LetterFileName,
    handle: FileHandle,
    header: FileHeader,
  ) {
    this.#directory = directory
    this.#file = file
    this.#handle = handle
    this.header = header
    this.#size = header.length
  }

  /** Rejects with the file system's error. */
  static async create(directory: string, now = new Date()): Promise<LetterFile> {
    const time = now.toISOString().replace(/[-:.]/g, '')
    const file = { name: `${time}-${randomBytes(4).toString('hex')}`, state: 'open' } as const
    const path = pathOf(directory, file)
    // Before it exists: another store of this process may look for files of crashed ones.
    setOwnFile(file.name, true)
    const handle = await open(path, 'wx', 0o600).catch((error: unknown) => {
      setOwnFile(file.name, false)
      throw error
    })
    try {
      const { header, bytes } = createHeader()
      await writeAll(handle, bytes, 0)
      await handle.datasync()
      await syncDirectory(directory)
      return new LetterFile(directory, file, handle, header)
    } catch (error) {
      await handle.close().catch(() => {})
      await rm(path, { force: true })
      setOwnFile(file.name, false)
      throw error
    }
  }

  /** Bytes in the file, all of them safe. */
  get size(): number {
    return this.#size
  }

  /**
   * Adds entries; resolves when they are safe against a power cut. When it rejects, none of them is
   * in the file, unless even that failed: then the file MUST be closed, and readers skip the rest.
   */
  async append(bytes: Buffer): Promise<void> {
    try {
      await writeAll(this.#handle, bytes, this.#size)
      await this.#handle.datasync()
    } catch (error) {
      await this.#handle.truncate(this.#size).catch(() => {})
      throw error
    }
    this.#size += bytes.length
  }

  /** Closes the file; one without entries is deleted. */
  async close(): Promise<void> {
    await this.#handle.close()
    try {
      await this.#end()
    } finally {
      setOwnFile(this.#file.name, false)
    }
  }

  async #end(): Promise<void> {
    if (this.#size > this.header.length) {
      await changeState(this.#directory, this.#file, 'letters')
    } else {
      await rm(pathOf(this.#directory, this.#file), { force: true })
    }
  }
}

async function writeAll(handle: FileHandle, bytes: Buffer, position: number): Promise<void> {
  let written = 0
  while (written < bytes.length) {
    const rest = bytes.length - written
    written += (await handle.write(bytes, written, rest, position + written)).bytesWritten
  }
}
