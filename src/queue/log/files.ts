import {
  close,
  constants,
  fdatasync,
  fstat,
  fsync,
  mkdir,
  open,
  read,
  readdir,
  rename,
  unlink,
  writev,
} from 'node:fs'
import { promisify } from 'node:util'

/*
 * All that the log asks of a file system. An interface, because a test must be able to crash at
 * every single call, and to lose what was never synced.
 */

export interface Files {
  /** Names in the folder, in any order. */
  list(folder: string): Promise<string[]>
  /** With its parents; nothing happens when it is there. */
  makeFolder(folder: string): Promise<void>
  openFile(path: string, mode: 'read' | 'write' | 'create'): Promise<OpenFile>
  rename(from: string, to: string): Promise<void>
  remove(path: string): Promise<void>
  /** Until then, a power cut may undo what was created, renamed or removed in the folder. */
  syncFolder(folder: string): Promise<void>
}

export interface OpenFile {
  size(): Promise<number>
  /** Fills `target` from `position` on; the bytes read are fewer only at the end of the file. */
  read(target: Buffer, position: number): Promise<number>
  /** Writes all of it. */
  write(buffers: readonly Buffer[], position: number): Promise<void>
  /** Until then, a power cut may lose or tear what was written. */
  sync(): Promise<void>
  close(): Promise<void>
}

const FILE_MODE = 0o600
const FOLDER_MODE = 0o700
const { O_CREAT, O_EXCL, O_RDONLY, O_RDWR } = constants
const FLAGS = { read: O_RDONLY, write: O_RDWR, create: O_RDWR | O_CREAT | O_EXCL }
/** Linux takes at most 1024 buffers in one call (IOV_MAX). */
const BUFFERS_MAX = 1024

const openAsync = promisify(open)
const closeAsync = promisify(close)
const fsyncAsync = promisify(fsync)

/** The real file system. Files are private to the user of the process. */
export const realFiles: Files = {
  list: promisify(readdir) as (folder: string) => Promise<string[]>,
  makeFolder: async folder => {
    await promisify(mkdir)(folder, { recursive: true, mode: FOLDER_MODE })
  },
  openFile: async (path, mode) => new RealFile(await openAsync(path, FLAGS[mode], FILE_MODE)),
  rename: promisify(rename),
  remove: promisify(unlink),
  syncFolder: async folder => {
    const descriptor = await openAsync(folder, O_RDONLY)
    try {
      await fsyncAsync(descriptor)
    } finally {
      await closeAsync(descriptor)
    }
  },
}

/** Plain descriptors and callbacks: file handles cost several microseconds a call more. */
class RealFile implements OpenFile {
  /** -1 once it is closed: the number may be another file's by then. */
  #descriptor: number

  constructor(descriptor: number) {
    this.#descriptor = descriptor
  }

  async size(): Promise<number> {
    return (await promisify(fstat)(this.#descriptor)).size
  }

  async read(target: Buffer, position: number): Promise<number> {
    let total = 0
    while (total < target.length) {
      const count = await this.#read(target, total, position + total)
      if (count === 0) break
      total += count
    }
    return total
  }

  async write(buffers: readonly Buffer[], position: number): Promise<void> {
    let at = position
    for (let from = 0; from < buffers.length; from += BUFFERS_MAX) {
      const group = buffers.slice(from, from + BUFFERS_MAX)
      at += await this.#writeAll(group, at)
    }
  }

  sync(): Promise<void> {
    return new Promise((resolve, reject) => {
      fdatasync(this.#descriptor, error => (error === null ? resolve() : reject(error)))
    })
  }

  async close(): Promise<void> {
    const descriptor = this.#descriptor
    this.#descriptor = -1
    if (descriptor >= 0) await closeAsync(descriptor)
  }

  #read(target: Buffer, offset: number, position: number): Promise<number> {
    return new Promise((resolve, reject) => {
      read(this.#descriptor, target, offset, target.length - offset, position, (error, count) =>
        error === null ? resolve(count) : reject(error),
      )
    })
  }

  /** A write may stop short, at a full disk or a signal: the rest is tried once more. */
  async #writeAll(buffers: readonly Buffer[], position: number): Promise<number> {
    const total = buffers.reduce((sum, { length }) => sum + length, 0)
    let written = await this.#writev(buffers, position)
    if (written < total) {
      const rest = Buffer.concat(buffers).subarray(written)
      while (written < total) {
        const count = await this.#writev(
          [rest.subarray(rest.length - total + written)],
          position + written,
        )
        if (count === 0) throw new Error('the file takes no more bytes')
        written += count
      }
    }
    return total
  }

  #writev(buffers: readonly Buffer[], position: number): Promise<number> {
    return new Promise((resolve, reject) => {
      writev(this.#descriptor, buffers, position, (error, count) =>
        error === null ? resolve(count) : reject(error),
      )
    })
  }
}
