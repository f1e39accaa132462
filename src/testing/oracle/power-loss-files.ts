import { mkdirSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { Files, OpenFile } from '../../queue/log/files.ts'
import type { Random } from './random.ts'

/*
 * A file layer under which `kill -9` is a power cut: what was not synced stays in the memory of the
 * process and dies with it. Writes reach the disk when the file is synced, names when the folder is.
 * Like a real disk it may be early: some writes arrive before their sync, whole or torn, so that a
 * later one can be there without an earlier one.
 *
 *     write  -> pending writes of the file   -- sync -->        the real file
 *     create -> real file in FOLDER.unsynced -- syncFolder -->  its name in FOLDER
 */

interface PendingWrite {
  readonly position: number
  readonly data: Buffer
}

/** One file, whatever it is called. */
interface Inode {
  /** Where its bytes are now. */
  realPath: string
  size: number
  pending: PendingWrite[]
}

/** Disks write sectors whole. */
const SECTOR_BYTES = 512
const EARLY_WRITES = 0.2

/** `real` with the manners of a disk that loses its power. `random` chooses what it writes early. */
export function powerLossFiles(real: Files, random: Random): Files {
  const folders = new Map<string, UnsyncedFolder>()
  const folderOf = async (path: string): Promise<UnsyncedFolder> => {
    const known = folders.get(path)
    if (known !== undefined) return known
    const folder = await UnsyncedFolder.open(real, path)
    folders.set(path, folder)
    return folder
  }
  return {
    list: async path => (await folderOf(path)).list(),
    makeFolder: path => real.makeFolder(path),
    openFile: async (path, mode) => {
      const folder = await folderOf(dirname(path))
      const inode = mode === 'create' ? await folder.create(path) : folder.get(path)
      const open = await real.openFile(inode.realPath, mode === 'read' ? 'read' : 'write')
      return new UnsyncedFile(open, inode, random)
    },
    rename: async (from, to) => (await folderOf(dirname(from))).rename(from, to),
    remove: async path => (await folderOf(dirname(path))).remove(path),
    syncFolder: async path => (await folderOf(path)).sync(),
  }
}

/** What names the process sees in a folder, and which of them a power cut would leave. */
class UnsyncedFolder {
  readonly #real: Files
  readonly #path: string
  /** As the process sees it. */
  readonly #names: Map<string, Inode>
  /** As the disk has it. */
  #durable: Map<string, Inode>
  #created = 0

  private constructor(real: Files, path: string, names: Map<string, Inode>) {
    this.#real = real
    this.#path = path
    this.#names = names
    this.#durable = new Map(names)
  }

  static async open(real: Files, path: string): Promise<UnsyncedFolder> {
    // What an earlier process has left there is what the power cut has taken.
    rmSync(asideOf(path), { recursive: true, force: true })
    const names = new Map<string, Inode>()
    for (const name of await real.list(path)) {
      const realPath = join(path, name)
      const file = await real.openFile(realPath, 'read')
      names.set(name, { realPath, size: await file.size(), pending: [] })
      await file.close()
    }
    return new UnsyncedFolder(real, path, names)
  }

  list(): string[] {
    return [...this.#names.keys()]
  }

  get(path: string): Inode {
    const inode = this.#names.get(basename(path))
    if (inode === undefined) throw fault('ENOENT', path)
    return inode
  }

  async create(path: string): Promise<Inode> {
    if (this.#names.has(basename(path))) throw fault('EEXIST', path)
    mkdirSync(asideOf(this.#path), { recursive: true })
    const realPath = join(asideOf(this.#path), String(++this.#created))
    await (await this.#real.openFile(realPath, 'create')).close()
    const inode: Inode = { realPath, size: 0, pending: [] }
    this.#names.set(basename(path), inode)
    return inode
  }

  rename(from: string, to: string): void {
    const inode = this.get(from)
    this.#names.delete(basename(from))
    this.#names.set(basename(to), inode)
  }

  remove(path: string): void {
    this.get(path)
    this.#names.delete(basename(path))
  }

  /** Gives every file the name it has by now: all that have lost theirs go aside first. */
  async sync(): Promise<void> {
    const wanted = new Map(this.#names)
    for (const [name, inode] of this.#durable) {
      if (wanted.get(name) === inode) continue
      const aside = join(asideOf(this.#path), `aside-${++this.#created}`)
      mkdirSync(asideOf(this.#path), { recursive: true })
      await this.#real.rename(inode.realPath, aside)
      inode.realPath = aside
    }
    const kept = new Set(wanted.values())
    for (const inode of this.#durable.values()) {
      if (!kept.has(inode)) await this.#real.remove(inode.realPath)
    }
    for (const [name, inode] of wanted) {
      const realPath = join(this.#path, name)
      if (inode.realPath === realPath) continue
      await this.#real.rename(inode.realPath, realPath)
      inode.realPath = realPath
    }
    this.#durable = wanted
  }
}

class UnsyncedFile implements OpenFile {
  readonly #real: OpenFile
  readonly #inode: Inode
  readonly #random: Random

  constructor(real: OpenFile, inode: Inode, random: Random) {
    this.#real = real
    this.#inode = inode
    this.#random = random
  }

  size(): Promise<number> {
    return Promise.resolve(this.#inode.size)
  }

  /** What is on the disk, with what is not there yet laid over it in order. */
  async read(target: Buffer, position: number): Promise<number> {
    const count = Math.max(0, Math.min(target.length, this.#inode.size - position))
    const wanted = target.subarray(0, count)
    const pending = [...this.#inode.pending]
    const found = await this.#real.read(wanted, position)
    wanted.fill(0, found)
    for (const { position: at, data } of pending) {
      const from = Math.max(0, position - at)
      if (from < data.length && at < position + count) {
        data.copy(wanted, Math.max(0, at - position), from)
      }
    }
    return count
  }

  async write(buffers: readonly Buffer[], position: number): Promise<void> {
    const data = Buffer.concat(buffers)
    this.#inode.size = Math.max(this.#inode.size, position + data.length)
    this.#inode.pending.push({ position, data })
    if (this.#random.chance(EARLY_WRITES)) await this.#writeEarly(data, position)
  }

  async sync(): Promise<void> {
    const { pending } = this.#inode
    const count = pending.length
    for (const { position, data } of pending.slice(0, count)) {
      await this.#real.write([data], position)
    }
    pending.splice(0, count)
    await this.#real.sync()
  }

  async close(): Promise<void> {
    await this.#real.close()
  }

  /** All of it, or some of its sectors. It stays pending: its sync must do the rest. */
  async #writeEarly(data: Buffer, position: number): Promise<void> {
    if (this.#random.chance(0.5)) return await this.#real.write([data], position)
    for (let at = 0; at < data.length; at += SECTOR_BYTES) {
      if (this.#random.chance(0.5)) continue
      await this.#real.write([data.subarray(at, at + SECTOR_BYTES)], position + at)
    }
  }
}

function asideOf(folder: string): string {
  return `${folder}.unsynced`
}

function fault(code: string, path: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: ${path}`), { code, path })
}
