import type { Files, OpenFile } from '../../src/queue/log/files.ts'

/*
 * A file system in memory that crashes when told to, at any of its calls, and then has lost what a
 * real one may lose: each write that was not synced is there, half there or not there; what was
 * done to the folder is there up to some point.
 */

export class Crash extends Error {
  override readonly name = 'Crash'
}

interface Inode {
  /** As the process sees it. */
  content: Buffer
  /** As the disk has it. */
  durable: Buffer
  /** Written since the last sync. */
  readonly pending: { readonly position: number; readonly data: Buffer }[]
}

type Names = Map<string, Inode>

/** What is certain to be lost: nothing (the process dies) or all that a power cut may take. */
export type CrashKind = 'kill' | 'power'

/** Disks write sectors whole. */
const SECTOR_BYTES = 512

export class CrashFiles implements Files {
  /** Calls until the crash; it happens in the middle of that call. */
  callsLeft = Number.POSITIVE_INFINITY
  /** Bytes that all files together may have. */
  capacityBytes = Number.POSITIVE_INFINITY
  calls = 0
  crashed = false
  /** Told when the process is gone. */
  onCrash: () => void = () => {}
  names: Names = new Map()
  durableNames: Names = new Map()
  /** The state after each change of the folder since its last sync. */
  nameHistory: Names[] = []
  readonly folders = new Set<string>()

  async list(folder: string): Promise<string[]> {
    await this.call()
    const prefix = `${folder}/`
    return [...this.names.keys()]
      .filter(path => path.startsWith(prefix))
      .map(path => path.slice(prefix.length))
  }

  async makeFolder(folder: string): Promise<void> {
    await this.call()
    this.folders.add(folder)
  }

  async openFile(path: string, mode: 'read' | 'write' | 'create'): Promise<OpenFile> {
    await this.call()
    const found = this.names.get(path)
    if (mode === 'create') {
      if (found !== undefined) throw fault('EEXIST')
      const inode: Inode = { content: Buffer.alloc(0), durable: Buffer.alloc(0), pending: [] }
      this.#change(names => names.set(path, inode))
      return new CrashFile(this, inode)
    }
    if (found === undefined) throw fault('ENOENT')
    return new CrashFile(this, found)
  }

  async rename(from: string, to: string): Promise<void> {
    await this.call()
    const inode = this.names.get(from)
    if (inode === undefined) throw fault('ENOENT')
    this.#change(names => {
      names.delete(from)
      names.set(to, inode)
    })
  }

  async remove(path: string): Promise<void> {
    await this.call()
    if (!this.names.has(path)) throw fault('ENOENT')
    this.#change(names => void names.delete(path))
  }

  async syncFolder(): Promise<void> {
    await this.call()
    this.durableNames = new Map(this.names)
    this.nameHistory = []
  }

  /** What the next process finds. `random`: 0 up to, not including, 1. */
  afterCrash(kind: CrashKind, random: () => number): CrashFiles {
    const next = new CrashFiles()
    const states = [this.durableNames, ...this.nameHistory]
    const names = kind === 'kill' ? this.names : states[Math.floor(random() * states.length)]!
    for (const [path, inode] of names) {
      const content = kind === 'kill' ? inode.content : lossy(inode, random)
      next.names.set(path, { content, durable: Buffer.from(content), pending: [] })
    }
    next.durableNames = new Map(next.names)
    return next
  }

  /** Each call is asynchronous, as a real one. `half` does half of the work. */
  async call(half?: () => void): Promise<void> {
    await new Promise(resolve => setImmediate(resolve))
    if (this.crashed) throw new Crash('crashed before')
    this.calls++
    if (--this.callsLeft >= 0) return
    this.crashed = true
    half?.()
    setImmediate(this.onCrash)
    throw new Crash('crashed now')
  }

  get usedBytes(): number {
    return [...this.names.values()].reduce((sum, { content }) => sum + content.length, 0)
  }

  #change(change: (names: Names) => void): void {
    change(this.names)
    this.nameHistory.push(new Map(this.names))
  }
}

class CrashFile implements OpenFile {
  readonly #files: CrashFiles
  readonly #inode: Inode

  constructor(files: CrashFiles, inode: Inode) {
    this.#files = files
    this.#inode = inode
  }

  async size(): Promise<number> {
    await this.#files.call()
    return this.#inode.content.length
  }

  async read(target: Buffer, position: number): Promise<number> {
    await this.#files.call()
    return this.#inode.content.copy(target, 0, position, position + target.length)
  }

  async write(buffers: readonly Buffer[], position: number): Promise<void> {
    const data = Buffer.concat(buffers)
    await this.#files.call(() => this.#write(data.subarray(0, data.length >> 1), position))
    const more = Math.max(0, position + data.length - this.#inode.content.length)
    if (this.#files.usedBytes + more > this.#files.capacityBytes) throw fault('ENOSPC')
    this.#write(data, position)
  }

  async sync(): Promise<void> {
    await this.#files.call()
    this.#inode.durable = Buffer.from(this.#inode.content)
    this.#inode.pending.length = 0
  }

  async close(): Promise<void> {}

  #write(data: Buffer, position: number): void {
    this.#inode.content = written(this.#inode.content, data, position)
    this.#inode.pending.push({ position, data })
  }
}

function lossy({ durable, pending }: Inode, random: () => number): Buffer {
  let content: Buffer = Buffer.from(durable)
  for (const { position, data } of pending) {
    const luck = random()
    if (luck < 0.35) continue
    if (luck < 0.7) content = written(content, data, position)
    else {
      for (let at = 0; at < data.length; at += SECTOR_BYTES) {
        const sector = data.subarray(at, at + SECTOR_BYTES)
        if (random() < 0.5) content = written(content, sector, position + at)
      }
    }
  }
  return content
}

function written(content: Buffer, data: Buffer, position: number): Buffer {
  const length = Math.max(content.length, position + data.length)
  const grown = length === content.length ? content : Buffer.alloc(length)
  if (grown !== content) content.copy(grown)
  data.copy(grown, position)
  return grown
}

function fault(code: string): Error {
  return Object.assign(new Error(code), { code })
}
