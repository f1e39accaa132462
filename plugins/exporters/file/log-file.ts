import { type FileHandle, mkdir, open, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { PluginContext } from '#core'
import { deleteOldBackups, renameToBackup } from './backups.ts'
import type { FileExporterConfig } from './config.ts'
import { type Framing, repairTail } from './framing.ts'

const MEBIBYTE = 1024 * 1024
const DIRECTORY_PERMISSIONS = '0755'

export interface LogFileOptions {
  readonly config: FileExporterConfig
  readonly framing: Framing
  readonly logger: PluginContext['logger']
  readonly now?: () => Date
  readonly open?: typeof open
}

/**
 * The file that is written to: opened when first needed and again after a failure, renamed when it
 * is large. Opened for appending, so that two writers never overwrite each other. Calls MUST NOT
 * overlap. Every method throws the file system's errors.
 */
export class LogFile {
  readonly #options: LogFileOptions
  readonly #sizeMax: number
  #file: FileHandle | undefined
  #size = 0
  #regular = true
  #truncate: boolean

  constructor(options: LogFileOptions) {
    this.#options = options
    const { rotation, append } = options.config
    this.#sizeMax = rotation === undefined ? Infinity : rotation.max_megabytes * MEBIBYTE
    this.#truncate = !append
  }

  /** Writes the buffers behind each other, whole or not at all. */
  async append(buffers: readonly Buffer[]): Promise<void> {
    const bytes = Buffer.concat(buffers)
    let file = await this.open()
    if (this.#size > 0 && this.#size + bytes.length > this.#sizeMax) {
      await this.#rotate(file)
      file = await this.open()
    }
    let written = 0
    try {
      while (written < bytes.length) {
        written += (await file.write(bytes, written)).bytesWritten
      }
    } catch (error) {
      await this.#undo(file, written)
      throw error
    }
    this.#size += written
  }

  /** Makes what was written safe against power loss. */
  async sync(): Promise<void> {
    if (this.#regular) await this.#file?.datasync()
  }

  /** Lets go of a file that somebody has renamed or deleted; the next write opens a new one. */
  async checkMoved(): Promise<void> {
    if (this.#file === undefined || !this.#regular) return
    const here = await this.#file.stat()
    const there = await stat(this.#options.config.path).catch(() => undefined)
    if (there?.ino !== here.ino || there.dev !== here.dev) await this.close()
  }

  /** Closes the file, without a word about failures: whatever was written has been synced. */
  async close(): Promise<void> {
    const file = this.#file
    this.#file = undefined
    await file?.close().catch(() => {})
  }

  /** Opens the file, unless it is open. Readable too, to look at its end. */
  async open(): Promise<FileHandle> {
    if (this.#file !== undefined) return this.#file
    const { config, framing, open: openFile = open } = this.#options
    if (config.create_directory) {
      const mode = Number.parseInt(config.directory_permissions ?? DIRECTORY_PERMISSIONS, 8)
      await mkdir(dirname(config.path), { recursive: true, mode })
    }
    const file = await openFile(config.path, 'a+')
    try {
      this.#regular = (await file.stat()).isFile()
      if (!this.#regular || (await this.#prepare(file, framing))) {
        this.#file = file
        return file
      }
    } catch (error) {
      await file.close().catch(() => {})
      throw error
    }
    await file.close()
    return this.open()
  }

  /** Empties the file or looks at its end. False: it was set aside, and a new one is to be opened. */
  async #prepare(file: FileHandle, framing: Framing): Promise<boolean> {
    const { config, logger, now = () => new Date() } = this.#options
    if (this.#truncate) await file.truncate(0)
    this.#truncate = false
    if (!(await repairTail(file, (await file.stat()).size, framing))) {
      // Renamed, not cut: another writer may be in the middle of that message.
      const backup = await renameToBackup(config.path, now(), false)
      logger.warn({ path: config.path, backup }, 'file ends in a torn message; it was set aside')
      return false
    }
    this.#size = (await file.stat()).size
    return true
  }

  /**
   * Takes back a part of a write and lets go of the file. When somebody else has written behind it,
   * it stays, and the next opening finds a torn line or message.
   */
  async #undo(file: FileHandle, written: number): Promise<void> {
    try {
      if (written > 0 && this.#regular && (await file.stat()).size === this.#size + written) {
        await file.truncate(this.#size)
      }
    } catch (error) {
      const { path } = this.#options.config
      this.#options.logger.warn({ err: error, path }, 'a part of a failed write stays in the file')
    }
    await this.close()
  }

  async #rotate(file: FileHandle): Promise<void> {
    const { config, logger, now = () => new Date() } = this.#options
    const { path, rotation } = config
    if (rotation === undefined) return
    await file.datasync()
    const backup = await renameToBackup(path, now(), rotation.localtime)
    await this.close()
    try {
      const deleted = await deleteOldBackups(path, rotation, now())
      logger.info({ path, backup, deleted }, 'file rotated')
    } catch (error) {
      logger.warn({ err: error, path }, 'old backups could not be deleted; tried again next time')
    }
  }
}
